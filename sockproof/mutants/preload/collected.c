/* Sockets in flight that nobody holds: what is closed as garbage, what must not be, and what counts. */
#include <string.h>
#include <unistd.h>

#include "mutant.h"

enum { LOOKED_AT = 256, MOST_PASSED = 253 };

static unsigned passed_of(const struct msghdr *msg, int *numbers)
{
    struct msghdr *asked = (struct msghdr *)msg;
    for (struct cmsghdr *c = msg->msg_controllen ? CMSG_FIRSTHDR(asked) : NULL; c; c = CMSG_NXTHDR(asked, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            size_t size = c->cmsg_len - CMSG_LEN(0);
            size = size < MOST_PASSED * sizeof(int) ? size : MOST_PASSED * sizeof(int);
            memcpy(numbers, CMSG_DATA(c), size);
            return (unsigned)(size / sizeof(int));
        }
    return 0;
}

static bool is_local(int fd) { return option_of(fd, SOL_SOCKET, SO_DOMAIN, -1) == AF_UNIX; }

/* Sockets that would be garbage are held by a descriptor that nobody knows. */
void collected_sent(const struct outgoing *o)
{
    int numbers[MOST_PASSED];
    unsigned count = passed_of(&o->msg, numbers);
    for (unsigned i = 0; i < count; i++) {
        struct sock s = {numbers[i], AF_UNIX, 0};
        if (!is_local(numbers[i]))
            continue;
        if (ON(collected_ring_never) || (is_listener(&s) && ON(collected_listener_never))
            || ((o->flags & MSG_OOB) && ON(collected_urgent_never)))
            leak(numbers[i]);
    }
}

/* How many this process has sent; none where the kernel has refused one, since what it counts is not known then. */
static unsigned sent;

/* A limit that knows no privilege. */
bool collected_refused(const struct outgoing *o)
{
    int numbers[MOST_PASSED];
    struct rlimit limit = {0, 0};
    unsigned count = passed_of(&o->msg, numbers);
    if (!count)
        return false;
    sent += count;
    getrlimit(RLIMIT_NOFILE, &limit);
    return sent > limit.rlim_cur && ON(collected_privilege_ignored);
}

static bool full;

/* Once there were too many, there are for ever. */
bool collected_counts(const struct outgoing *o, ssize_t n)
{
    int numbers[MOST_PASSED];
    bool refused = n < 0 && errno == ETOOMANYREFS;
    if (refused)
        full = true;
    return full && !refused && passed_of(&o->msg, numbers) && ON(collected_still_counted);
}

/* Whether the next message of a queue brings descriptors: without room for them it is marked. */
static bool brings_rights(int fd)
{
    char byte;
    struct iovec one = {&byte, 1};
    struct msghdr msg = {.msg_iov = &one, .msg_iovlen = 1};
    struct pollfd looked = {.fd = fd, .events = POLLIN};
    if (real.poll(&looked, 1, 0) <= 0 || (looked.revents & (POLLIN | POLLERR)) != POLLIN) /* an error would be taken away by looking */
        return false;
    return real.recvmsg(fd, &msg, MSG_PEEK | MSG_DONTWAIT) >= 0 && (msg.msg_flags & MSG_CTRUNC);
}

static void empty(int fd)
{
    while (brings_rights(fd))
        drain(fd);
}

/* A collection that takes what is held: the queues of all sockets of this process lose their descriptors. */
void collected_closing(const struct sock *s)
{
    int saved = errno;
    bool counted = false;
    for (int fd = 0; fd < LOOKED_AT; fd++)
        if (fd != s->fd && is_local(fd) && brings_rights(fd)) {
            if (!counted && !ON(collected_held_too))
                break;
            counted = true;
            empty(fd);
        }
    errno = saved;
}

/* What was sent before accept() is lost. */
void collected_accepted(int fd)
{
    int saved = errno;
    if (is_local(fd) && brings_rights(fd) && ON(collected_unaccepted_too))
        empty(fd);
    errno = saved;
}

/* A descriptor that was peeked at does not hold what lies in its queue. */
void collected_received(const struct incoming *in, ssize_t n)
{
    int numbers[MOST_PASSED], saved = errno;
    unsigned count = n >= 0 && (in->flags & MSG_PEEK) && in->room ? passed_of(in->msg, numbers) : 0;
    for (unsigned i = 0; i < count; i++)
        if (is_local(numbers[i]) && brings_rights(numbers[i]) && ON(collected_peeked_too))
            empty(numbers[i]);
    errno = saved;
}
