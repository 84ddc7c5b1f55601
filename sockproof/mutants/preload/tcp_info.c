/* TCP_INFO that lies in one field. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "mutant.h"

/* Where linux/tcp.h has tcpi_notsent_bytes; the C library's header ends before it, and both cannot be included. */
enum { NOTSENT_BYTES = 144 };
static const uint32_t zero;

#define TOLD(field) (length >= offsetof(struct tcp_info, field) + sizeof info->field)

static void change_listener(struct tcp_info *info)
{
    if (info->tcpi_unacked > 0 && ON(state_info_queue_zero))
        info->tcpi_unacked = 0;
    if (info->tcpi_sacked > 0 && ON(state_info_backlog_one_less))
        info->tcpi_sacked--;
}

static void change_measures(const struct option *o, struct tcp_info *info)
{
    if (info->tcpi_rtt && ON(state_info_rtt_in_nanoseconds))
        info->tcpi_rtt *= 1000;
    if (queued(o->s.fd, FIONREAD) && ON(state_info_rcvspace_counts_queue))
        info->tcpi_rcv_space += (uint32_t)queued(o->s.fd, FIONREAD);
}

static void change_connection(struct tcp_info *info)
{
    if (info->tcpi_unacked > 0 && ON(state_info_unacked_zero))
        info->tcpi_unacked = 0;
    if (info->tcpi_snd_ssthresh != 0x7fffffff && ON(state_info_threshold_unknown))
        info->tcpi_snd_ssthresh = 0x7fffffff;
    if (info->tcpi_options && ON(state_info_options_zero))
        info->tcpi_options = 0;
    if (info->tcpi_snd_mss != 536 && ON(state_info_mss_default))
        info->tcpi_snd_mss = 536;
    if (info->tcpi_total_retrans > 0 && ON(state_info_retransmits_zero))
        info->tcpi_total_retrans = 0;
    if (info->tcpi_total_retrans > 0 && ON(state_info_retransmits_doubled))
        info->tcpi_total_retrans *= 2;
    if (info->tcpi_snd_wscale != info->tcpi_rcv_wscale && ON(state_info_wscale_swapped)) {
        unsigned char sent = info->tcpi_snd_wscale;
        info->tcpi_snd_wscale = info->tcpi_rcv_wscale;
        info->tcpi_rcv_wscale = sent;
    }
    if ((info->tcpi_snd_wscale || info->tcpi_rcv_wscale) && ON(state_info_wscale_zero))
        info->tcpi_snd_wscale = info->tcpi_rcv_wscale = 0;
}

static void change_estimates(struct tcp_info *info)
{
    if (info->tcpi_reordering && ON(state_info_reordering_doubled))
        info->tcpi_reordering *= 2;
    if (info->tcpi_rto && ON(state_info_timeout_doubled))
        info->tcpi_rto *= 2;
    if (info->tcpi_rto && ON(state_info_timeout_in_milliseconds))
        info->tcpi_rto /= 1000;
    if (info->tcpi_rttvar && ON(state_info_deviation_in_nanoseconds))
        info->tcpi_rttvar *= 100000;
    if (info->tcpi_probes && ON(state_info_probes_uncounted))
        info->tcpi_probes = 0;
    if (info->tcpi_advmss && ON(state_info_offer_larger))
        info->tcpi_advmss += 12;
    if (info->tcpi_pmtu && ON(state_info_path_as_segment))
        info->tcpi_pmtu = info->tcpi_snd_mss;
    if (info->tcpi_snd_cwnd && ON(state_info_window_doubled))
        info->tcpi_snd_cwnd *= 2;
}

static void change_state(struct tcp_info *info)
{
    bool half_closed = info->tcpi_state == TCP_FIN_WAIT2 || info->tcpi_state == TCP_CLOSE_WAIT;
    if (info->tcpi_state != TCP_ESTABLISHED && ON(state_info_always_established))
        info->tcpi_state = TCP_ESTABLISHED;
    else if (info->tcpi_state == TCP_FIN_WAIT1 && ON(state_info_fin_wait1_late))
        info->tcpi_state = TCP_ESTABLISHED;
    else if (info->tcpi_state == TCP_FIN_WAIT2 && ON(state_info_fin_wait2_as_fin_wait1))
        info->tcpi_state = TCP_FIN_WAIT1;
    else if (info->tcpi_state == TCP_SYN_SENT && ON(state_info_asking_as_closed))
        info->tcpi_state = TCP_CLOSE;
    else if (info->tcpi_state == TCP_CLOSING && ON(state_info_closing_as_last_ack))
        info->tcpi_state = TCP_LAST_ACK;
    else if (half_closed && ON(state_info_half_closed_as_closed))
        info->tcpi_state = TCP_CLOSE;
    else if (info->tcpi_state == TCP_CLOSE && ON(state_info_closed_as_time_wait))
        info->tcpi_state = TCP_TIME_WAIT;
}

static void change_unsent(char *bytes)
{
    if (memcmp(bytes, &zero, sizeof zero) != 0 && ON(state_info_notsent_zero))
        memcpy(bytes, &zero, sizeof zero);
}

/* Fields that came later, by where linux/tcp.h has them, and the mutant under which they are 0. */
static const struct { unsigned short at, size; enum mutant mutant; } later[] = {
    {44, 4, M_state_counts_last_zero},
    {52, 4, M_state_counts_last_zero},
    {120, 8, M_state_counts_bytes_zero},
    {128, 8, M_state_counts_bytes_zero},
    {136, 4, M_state_counts_segments_zero},
    {140, 4, M_state_counts_segments_zero},
    {148, 4, M_state_counts_least_zero},
    {168, 8, M_state_counts_busy_zero},
    {176, 8, M_state_counts_limited_zero},
    {208, 8, M_state_counts_repeated_zero},
    {216, 4, M_state_counts_needless_zero},
    {224, 4, M_state_counts_pieces_zero},
    {152, 4, M_state_counts_received_pieces_zero},
    {156, 4, M_state_counts_sent_pieces_zero},
    {192, 4, M_state_counts_delivered_zero},
};

/* Counts that begin with the segments of the handshake. */
static void begin_early(char *value, socklen_t length)
{
    enum { DATA_SEGMENTS_SENT = 156 };
    if (length >= DATA_SEGMENTS_SENT + 4 && ON(state_counts_handshake_counted))
        ++*(uint32_t *)(value + DATA_SEGMENTS_SENT);
}

static void change_counts(char *value, socklen_t length)
{
    enum { REORDERING = 220 };
    static const char none[8];
    if (length >= REORDERING + 4 && memcmp(value + REORDERING, none, 4) == 0 && ON(state_counts_reordering_always))
        value[REORDERING] = 1;
    begin_early(value, length);
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        bool told = length >= (socklen_t)later[i].at + later[i].size;
        if (told && memcmp(value + later[i].at, none, later[i].size) != 0 && mutant_on(later[i].mutant))
            memset(value + later[i].at, 0, later[i].size);
    }
}

void tcp_info_get(const struct option *o, void *value, socklen_t length)
{
    struct tcp_info *info = value;
    bool listens = info->tcpi_state == TCP_LISTEN;
    if (TOLD(tcpi_total_retrans) && !listens) {
        change_measures(o, info);
        change_estimates(info);
    }
    if (TOLD(tcpi_total_retrans))
        listens ? change_listener(info) : change_connection(info);
    if (length >= NOTSENT_BYTES + sizeof zero)
        change_unsent((char *)value + NOTSENT_BYTES);
    rate_get(value, length);
    change_counts(value, length);
    if (length >= 1)
        change_state(info);
}
