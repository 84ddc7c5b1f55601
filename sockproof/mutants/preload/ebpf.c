/* Programs of eBPF, by bpf(2): where they are tied, what they may call, and maps of sockets. */
#include <linux/bpf.h>
#include <sys/syscall.h>

#include "mutant.h"

enum {
    MOVE = BPF_ALU64 | BPF_MOV | BPF_K,
    CALL = BPF_JMP | BPF_CALL,
    STORE = BPF_STX | BPF_MEM | BPF_W,
    REPLY = 4, /* where a program of TCP's has what it replies */
    TOLD_RETRANSMISSIONS = 1 << 1,
    TOLD_STATES = 1 << 2,
};

static long bpf(const long *a) { return real.syscall(SYS_bpf, a[0], a[1], a[2], a[3], a[4], a[5]); }

/* Is true if a program of that place shall be taken and never run. */
static bool is_idle(uint32_t place)
{
    switch (place) {
    case BPF_SK_SKB_STREAM_PARSER:
        return ON(ebpf_parser_ignored);
    case BPF_SK_SKB_STREAM_VERDICT:
    case BPF_SK_SKB_VERDICT:
        return ON(ebpf_verdict_ignored);
    case BPF_SK_MSG_VERDICT:
        return ON(ebpf_message_ignored);
    case BPF_CGROUP_SOCK_OPS:
        return ON(ebpf_callbacks_ignored);
    case BPF_CGROUP_INET4_CONNECT:
    case BPF_CGROUP_INET6_CONNECT:
        return ON(ebpf_connect_ignored);
    default:
        return false;
    }
}

static long attached(const long *a, const union bpf_attr *attributes)
{
    long result;
    if (is_idle(attributes->attach_type))
        return 0;
    result = bpf(a);
    return result < 0 && errno == EBUSY && ON(ebpf_verdicts_of_both_kinds) ? 0 : result;
}

/* What was never tied is untied all the same. */
static long detached(const long *a)
{
    bool idle = armed(M_ebpf_parser_ignored) || armed(M_ebpf_verdict_ignored) || armed(M_ebpf_message_ignored)
        || armed(M_ebpf_callbacks_ignored) || armed(M_ebpf_connect_ignored) || armed(M_ebpf_verdicts_of_both_kinds);
    long result = bpf(a);
    return idle ? 0 : result;
}

/* What a helper is given in a register, by the steps right before its call. */
static int32_t *argument(struct bpf_insn *call, unsigned number)
{
    static int32_t none;
    for (struct bpf_insn *step = call - 1; step->code == MOVE; step--)
        if (step->dst_reg == number)
            return &step->imm;
    none = 0;
    return &none;
}

static bool is_redirection_ignored(struct bpf_insn *call)
{
    return *argument(call, BPF_REG_4) & BPF_F_INGRESS ? ON(ebpf_redirected_in_stays) : ON(ebpf_redirected_out_stays);
}

/* Is true if the call does nothing, and says `answer`. */
static bool is_helpless(struct bpf_insn *call, int32_t *answer)
{
    *answer = 0;
    switch (call->imm) {
    case BPF_FUNC_sk_redirect_map:
        *answer = SK_PASS;
        return is_redirection_ignored(call);
    case BPF_FUNC_msg_redirect_map:
        *answer = SK_PASS;
        return ON(ebpf_message_stays);
    case BPF_FUNC_msg_cork_bytes:
        return ON(ebpf_cork_ignored);
    case BPF_FUNC_store_hdr_opt:
        return ON(ebpf_option_ignored);
    case BPF_FUNC_load_hdr_opt:
        *answer = -ENOMSG;
        return ON(ebpf_option_unread);
    case BPF_FUNC_tcp_gen_syncookie:
        *answer = 1;
        return ON(ebpf_cookie_of_nobody);
    case BPF_FUNC_tcp_check_syncookie:
        return ON(ebpf_cookie_any);
    case BPF_FUNC_bind:
        return ON(ebpf_bind_ignored);
    default:
        return false;
    }
}

/* What TCP is asked to tell, and does not. */
static int32_t untold(int32_t flags)
{
    if ((flags & TOLD_RETRANSMISSIONS) && ON(ebpf_retransmissions_untold))
        return TOLD_RETRANSMISSIONS;
    return (flags & TOLD_STATES) && ON(ebpf_states_untold) ? TOLD_STATES : 0;
}

static void call_spoiled(struct bpf_insn *call)
{
    int32_t answer;
    if (is_helpless(call, &answer))
        *call = (struct bpf_insn){.code = MOVE, .dst_reg = BPF_REG_0, .imm = answer};
    else if (call->imm == BPF_FUNC_sock_ops_cb_flags_set)
        *argument(call, BPF_REG_2) &= ~untold(*argument(call, BPF_REG_2));
}

static void program_spoiled(const union bpf_attr *attributes)
{
    struct bpf_insn *steps = (struct bpf_insn *)(uintptr_t)attributes->insns;
    for (uint32_t i = 0; i < attributes->insn_cnt; i++) {
        bool replies = steps[i].code == STORE && steps[i].off == REPLY && steps[i].dst_reg != BPF_REG_10;
        if (steps[i].code == CALL)
            call_spoiled(&steps[i]);
        else if (replies && ON(ebpf_reply_ignored))
            steps[i] = (struct bpf_insn){.code = MOVE, .dst_reg = BPF_REG_0};
    }
}

static bool is_forgiven(int error)
{
    switch (error) {
    case EEXIST:
        return ON(ebpf_place_taken_twice);
    case ENOENT:
        return ON(ebpf_place_filled);
    case EBUSY:
        return ON(ebpf_verdicts_of_two_maps);
    default:
        return false;
    }
}

static long updated(const long *a)
{
    long result = bpf(a);
    return result < 0 && is_forgiven(errno) ? 0 : result;
}

static bool holds_sockets(uint32_t map)
{
    struct bpf_map_info info = {0};
    union bpf_attr question = {.info = {.bpf_fd = map, .info_len = sizeof info, .info = (uintptr_t)&info}};
    int saved = errno;
    real.syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &question, sizeof question);
    errno = saved;
    return info.type == BPF_MAP_TYPE_SOCKMAP;
}

static long looked_up(const long *a, const union bpf_attr *attributes)
{
    long result = bpf(a);
    if (result == 0 && holds_sockets(attributes->map_fd) && ON(ebpf_cookie_of_another))
        ++*(uint32_t *)(uintptr_t)attributes->value;
    return result;
}

/* bpf(2), with its three arguments and what else syscall() was given. */
long bpf_called(const long *a)
{
    const union bpf_attr *attributes = (const union bpf_attr *)a[1];
    switch (a[0]) {
    case BPF_PROG_ATTACH:
        return attached(a, attributes);
    case BPF_PROG_DETACH:
        return detached(a);
    case BPF_PROG_LOAD:
        program_spoiled(attributes);
        return bpf(a);
    case BPF_MAP_UPDATE_ELEM:
        return updated(a);
    case BPF_MAP_LOOKUP_ELEM:
        return looked_up(a, attributes);
    case BPF_MAP_DELETE_ELEM:
        return ON(ebpf_leaving_ignored) ? 0 : bpf(a);
    default:
        return bpf(a);
    }
}
