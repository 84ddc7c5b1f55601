/* poll(2), ppoll(2), select(2) and pselect(2): what they report, and how long they wait. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "mutant.h"

static int amend_all(struct pollfd *fds, nfds_t count, int ready)
{
    struct sock s;
    if (ready <= 0)
        return ready;
    ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        if (fds[i].revents && watched(fds[i].fd, &s))
            fds[i].revents = (short)amended(&s, WAIT_POLL, (uint16_t)fds[i].events, (uint16_t)fds[i].revents);
        ready += fds[i].revents != 0;
    }
    return ready;
}

/* How many of `ready` are left when descriptors that are not open are passed over. */
static int without_invalid(struct pollfd *fds, nfds_t count, int ready)
{
    for (nfds_t i = 0; ready > 0 && i < count; i++)
        if ((fds[i].revents & POLLNVAL) && ON(poll_nval_hidden)) {
            fds[i].revents = 0;
            ready--;
        }
    return ready;
}

static bool writable(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    int saved = errno;
    bool yes = real.poll(&one, 1, 0) > 0;
    errno = saved;
    return yes;
}

/* A full socket, or one still connecting, that is called writable. */
static bool claims_writable(struct pollfd *one)
{
    struct sock s;
    if (!(one->events & POLLOUT) || !watched(one->fd, &s) || writable(one->fd))
        return false;
    return connected(one->fd) ? ON(poll_out_when_full) : ON(poll_out_while_connecting);
}

static int surplus_writable(struct pollfd *fds, nfds_t count)
{
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        bool claimed = claims_writable(&fds[i]);
        fds[i].revents = claimed ? POLLOUT : 0;
        ready += claimed;
    }
    return ready;
}

static int receive_limit(const struct pollfd *one)
{
    struct sock s;
    struct timeval limit = {0, 0};
    socklen_t length = sizeof limit;
    if (!(one->events & POLLIN) || !watched(one->fd, &s) || !has_timeout(one->fd, SO_RCVTIMEO))
        return -1;
    real.getsockopt(one->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, &length);
    return (int)(limit.tv_sec * 1000 + limit.tv_usec / 1000);
}

static int shortened(const struct pollfd *fds, nfds_t count, int timeout)
{
    for (nfds_t i = 0; i < count; i++) {
        int limit = receive_limit(&fds[i]);
        bool shorter = limit >= 0 && (timeout < 0 || limit < timeout);
        if (shorter && ON(timeouts_receive_governs_poll))
            timeout = limit;
    }
    if (timeout < 0 && armed(M_poll_infinite_ends))
        return 0;
    if (timeout > 1 && armed(M_poll_timeout_halved))
        return timeout / 2;
    return timeout == 0 && armed(M_poll_zero_waits) ? 300 : timeout;
}

/* Only a call that found nothing shows how long it waited. */
static void count_wait(int asked, int ready)
{
    if (asked < 0)
        (void)ON(poll_infinite_ends);
    if (ready == 0 && asked > 1)
        (void)ON(poll_timeout_halved);
    if (ready == 0 && asked == 0)
        (void)ON(poll_zero_waits);
}

/* Entries that should be passed over, told as not open. */
static int surplus_negative(struct pollfd *fds, nfds_t count, int ready)
{
    for (nfds_t i = 0; ready >= 0 && i < count; i++)
        if (fds[i].fd < 0 && ON(waits_negative_told)) {
            fds[i].revents = POLLNVAL;
            ready++;
        }
    return ready;
}

/* Bands that a socket does not know. */
static int without_bands(struct pollfd *fds, nfds_t count, int ready)
{
    int bands = POLLRDNORM | POLLWRNORM | POLLWRBAND;
    for (nfds_t i = 0; ready > 0 && i < count; i++)
        if ((fds[i].revents & bands) && ON(waits_bands_unknown)) {
            fds[i].revents &= (short)~bands;
            ready -= fds[i].revents == 0;
        }
    return ready;
}

static bool any_watched(const struct pollfd *fds, nfds_t count)
{
    struct sock s;
    for (nfds_t i = 0; i < count; i++)
        if (watched(fds[i].fd, &s))
            return true;
    return false;
}

static bool sound_list(const struct pollfd *fds, nfds_t count)
{
    return count <= (nfds_t)getdtablesize() && sound(fds, count * sizeof *fds);
}

enum { PAGE_OF_ENTRIES = 510, PATIENT = 1000, WORD = 64 };

static void notice(int number) { (void)number; }

/* Whether the process that is stopped in a long wait is told of it when it goes on: by a handler, `before` being what
 * was there. */
static bool notices_stops(int timeout, struct sigaction *before)
{
    struct sigaction noticed = {.sa_handler = notice};
    bool patient = timeout < 0 || timeout > PATIENT;
    return patient && ON(stopped_poll_ends) && real.sigaction(SIGCONT, &noticed, before) == 0;
}

/* Whether this is a wait for nothing but the times of what is sent, of which there is none yet. */
static bool awaits_times(struct pollfd *fds, nfds_t count, int timeout)
{
    return count == 1 && !fds->events && timeout && option_of(fds->fd, SOL_SOCKET, SO_TIMESTAMPING, 0)
        && real.poll(fds, 1, 0) == 0;
}

static int polled_long(struct pollfd *fds, nfds_t count, int timeout)
{
    struct sigaction before;
    bool notices = notices_stops(timeout, &before);
    int ready = real.poll(fds, count, timeout), saved = errno;
    if (notices)
        real.sigaction(SIGCONT, &before, NULL);
    errno = saved;
    return ready;
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    struct sock none = {-1, AF_UNIX, 0};
    int ready, limit;
    if (awake() && count > PAGE_OF_ENTRIES && sound_list(fds, count) && ON(large_poll_page))
        count = PAGE_OF_ENTRIES;
    if (awake() && count > (nfds_t)getdtablesize() && ON(large_poll_unchecked))
        return 0;
    if (awake() && !sound_list(fds, count))
        return (int)mistaken(CALL_POLL, -1, real.poll(fds, count, timeout));
    if ((awake() && timeout < -1 && ON(poll_negative_refused)) || nothing_refused(count))
        return fail(EINVAL);
    if (!awake() || !any_watched(fds, count))
        return without_files(fds, count, without_invalid(fds, count, real.poll(fds, count, timeout)));
    if ((ready = surplus_writable(fds, count)) > 0)
        return ready;
    limit = shortened(fds, count, timeout);
    if (awaits_times(fds, count, timeout) && ON(stamping_wait_asleep))
        return real.poll(NULL, 0, timeout);
    do
        ready = polled_long(fds, count, limit);
    while (ready < 0 && errno == EINTR && ON(errors_eintr_poll_restarted));
    count_wait(timeout, ready);
    ready = without_bands(fds, count, surplus_negative(fds, count, ready));
    ready = miscounted(fds, count, amend_all(fds, count, without_invalid(fds, count, ready)));
    return (int)swapped_error(CALL_POLL, &none, ready, 0);
}

static bool before_now(const struct timespec *limit) { return limit && (limit->tv_sec < 0 || limit->tv_nsec < 0); }

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    if (awake() && (before_now(timeout) || !sound_list(fds, count)))
        return (int)mistaken(before_now(timeout) ? CALL_SELECT : CALL_POLL, -1, real.ppoll(fds, count, timeout, mask));
    if (!awake() || !any_watched(fds, count))
        return real.ppoll(fds, count, timeout, mask);
    if (mask && ON(poll_mask_ignored))
        mask = NULL;
    return amend_all(fds, count, real.ppoll(fds, count, timeout, mask));
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room)
{
    if (room / sizeof *fds < count)
        abort();
    return poll(fds, count, timeout);
}

int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room)
{
    if (room / sizeof *fds < count)
        abort();
    return ppoll(fds, count, timeout, mask);
}

static bool in_set(int fd, const fd_set *set) { return set && FD_ISSET(fd, set); }

static bool in_error(int fd)
{
    struct pollfd one = {.fd = fd, .events = 0};
    int saved = errno;
    bool yes = real.poll(&one, 1, 0) > 0 && (one.revents & POLLERR);
    errno = saved;
    return yes;
}

static int take(int fd, fd_set *set)
{
    FD_CLR(fd, set);
    return 1;
}

static int put_back(int fd, fd_set *set)
{
    FD_SET(fd, set);
    return 0;
}

/* How many reports are withdrawn for one descriptor. */
static int amend_selected(const struct sock *s, const fd_set *asked, fd_set *r, fd_set *w, fd_set *e)
{
    int fd = s->fd;
    if (in_set(fd, r) && in_set(fd, w) && ON(select_counts_descriptors))
        return 1;
    if (in_set(fd, r) && is_stream(s) && at_end_of_file(fd) && ON(select_read_missing_at_eof))
        return take(fd, r);
    if (in_set(fd, r) && is_listener(s) && ON(select_read_missing_at_listener))
        return take(fd, r);
    if (in_set(fd, w) && in_error(fd) && ON(select_write_missing_with_error))
        return take(fd, w);
    if (in_set(fd, e) && ON(select_except_missing))
        return take(fd, e);
    if (in_set(fd, asked) && !in_set(fd, r) && ON(select_read_set_kept))
        return put_back(fd, r);
    return 0;
}

static int selected(int count, const fd_set *asked, fd_set *r, fd_set *w, fd_set *e, int ready)
{
    struct sock s;
    for (int fd = 0; ready >= 0 && fd < count; fd++)
        if ((in_set(fd, asked) || in_set(fd, w) || in_set(fd, e)) && watched(fd, &s))
            ready -= amend_selected(&s, r ? asked : NULL, r, w, e);
    return ready;
}

/* What is left of the time, and which descriptors are open, as if select() did not look. */
static int unlooked(struct timeval *timeout, const struct timeval *asked, int result)
{
    if (timeout && (asked->tv_sec || asked->tv_usec) && ON(select_timeout_kept))
        *timeout = *asked;
    return result < 0 && errno == EBADF && ON(select_closed_ignored) ? 0 : result;
}

static bool sound_sets(const fd_set *r, const fd_set *w, const fd_set *e)
{
    return (!r || sound(r, 1)) && (!w || sound(w, 1)) && (!e || sound(e, 1));
}

static int perhaps_again(int count, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout)
{
    int ready;
    do
        ready = real.select(count, r, w, e, timeout);
    while (ready < 0 && errno == EINTR && ON(select_eintr_restarted));
    if (ready < 0 && errno == EBADF && r && ON(select_error_clears))
        FD_ZERO(r);
    return ready;
}

static bool any_above(int count, const fd_set *set)
{
    for (int fd = count; fd < FD_SETSIZE; fd++)
        if (FD_ISSET(fd, set))
            return true;
    return false;
}

static void clear_above(int count, fd_set *set)
{
    for (int fd = count; set && fd < FD_SETSIZE; fd++)
        FD_CLR(fd, set);
}

int select(int count, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout)
{
    fd_set asked;
    struct timeval limit = timeout ? *timeout : (struct timeval){0, 0};
    FD_ZERO(&asked);
    if (awake() && (count < 0 || limit.tv_sec < 0 || limit.tv_usec < 0 || !sound_sets(r, w, e)))
        return (int)mistaken(CALL_SELECT, -1, real.select(count, r, w, e, timeout));
    if (!awake() || count > FD_SETSIZE)
        return real.select(count, r, w, e, timeout);
    if (count > WORD && ((r && any_above(WORD, r)) || (w && any_above(WORD, w))) && ON(large_select_word)) {
        clear_above(WORD, r);
        clear_above(WORD, w);
        count = WORD;
    }
    if (r)
        asked = *r;
    if (count > 0 && r && any_above(count, r) && ON(waits_above_looked_at))
        count = FD_SETSIZE;
    return unlooked(timeout, &limit, selected(count, &asked, r, w, e, perhaps_again(count, r, w, e, timeout)));
}

int pselect(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout, const sigset_t *mask)
{
    fd_set asked;
    FD_ZERO(&asked);
    if (!awake() || count > FD_SETSIZE)
        return real.pselect(count, r, w, e, timeout, mask);
    if (r)
        asked = *r;
    if (mask && ON(select_mask_ignored))
        mask = NULL;
    if (timeout && ON(waits_pselect_writes))
        ((struct timespec *)timeout)->tv_nsec = 0;
    return selected(count, &asked, r, w, e, real.pselect(count, r, w, e, timeout, mask));
}
