/* epoll(7): what is registered, and what is reported.
 *
 * A report names the descriptor only if the caller put it into the event's data, as Python does; an event whose
 * data is something else is left alone.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "mutant.h"

/* An instance of no size, or with flags that there are not; or another error where there is no room. */
static int unchecked(int result)
{
    if (result < 0 && errno == EMFILE && awake() && ON(waits_create_as_enfile))
        return fail(ENFILE);
    return result < 0 && errno == EINVAL && awake() && ON(arguments_create_unchecked) ? real.epoll_create1(0) : result;
}

int epoll_create1(int flags)
{
    if (awake() && (flags & EPOLL_CLOEXEC) && ON(epoll_cloexec_ignored))
        flags &= ~EPOLL_CLOEXEC;
    return unchecked(real.epoll_create1(flags));
}

int epoll_create(int size) { return unchecked(real.epoll_create(size)); }

static void change_events(struct epoll_event *event, bool adds)
{
    if (event->data.u64 >> 32 && ON(epoll_data_cut))
        event->data.u64 = (uint32_t)event->data.u64;
    if ((event->events & EPOLLET) && ON(epoll_edge_as_level))
        event->events &= ~(uint32_t)EPOLLET;
    else if (!(event->events & EPOLLET) && ON(epoll_level_as_edge))
        event->events |= EPOLLET;
    if ((event->events & EPOLLONESHOT) && ON(epoll_oneshot_ignored))
        event->events &= ~(uint32_t)EPOLLONESHOT;
    if ((event->events & EPOLLEXCLUSIVE) && ON(epoll_exclusive_ignored))
        event->events &= ~(uint32_t)EPOLLEXCLUSIVE;
    else if (!(event->events & ~(uint32_t)(EPOLLIN | EPOLLOUT)) && adds && ON(epoll_exclusive_always))
        event->events |= EPOLLEXCLUSIVE;
    if ((event->events & EPOLLET) && ON(epoll_edge_once))
        event->events |= EPOLLONESHOT;
    if ((event->events & EPOLLEXCLUSIVE) && ON(epoll_exclusive_deaf))
        event->events = EPOLLEXCLUSIVE;
    if ((event->events & EPOLLRDHUP) && ON(epoll_rdhup_unregistered))
        event->events &= ~(uint32_t)EPOLLRDHUP;
}

/* A regular file, whose readiness never changes. */
static int unwatchable(int result)
{
    if (result < 0 && errno == ELOOP && awake() && ON(waits_circle_allowed))
        return 0;
    if (result < 0 && errno == EINVAL && awake() && ON(epoll_exclusive_nested))
        return 0;
    return result < 0 && errno == EPERM && awake() && ON(epoll_file_allowed) ? 0 : result;
}

static bool is_ready(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return real.poll(&one, 1, 0) > 0;
}

/* Whether data was there before. */
static bool missed(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return real.poll(&one, 1, 0) == 1 && (one.revents & POLLIN);
}

int epoll_ctl(int epfd, int operation, int fd, struct epoll_event *event)
{
    struct sock s;
    struct epoll_event changed;
    int64_t before;
    if (awake() && event && !sound(event, sizeof *event))
        event_spoiled(epfd, operation, fd);
    if (!watched(fd, &s) && operation == EPOLL_CTL_ADD && is_ready(fd) == false && awake() && ON(waits_inner_silent))
        return 0;
    if (!watched(fd, &s) || (event && !sound(event, sizeof *event)))
        return (int)mistaken(CALL_EPOLL_CTL, fd, unwatchable(real.epoll_ctl(epfd, operation, fd, event)));
    if (operation == EPOLL_CTL_ADD && (event->events & EPOLLET) && missed(fd) && ON(epoll_edge_first_missed))
        return real.epoll_ctl(epfd, operation, fd, &(struct epoll_event){.events = EPOLLET, .data = event->data});
    if (operation == EPOLL_CTL_ADD && ON(epoll_duplicate_refused)) {
        if (memo_get(&s, &before) && before >> 32 == epfd && (int32_t)before != fd)
            return fail(EEXIST);
        memo_set(&s, ((int64_t)epfd << 32) | fd);
    }
    if (operation == EPOLL_CTL_ADD && (ON(epoll_close_keeps) | ON(epoll_close_forgets)))
        memo_set(&s, ((int64_t)epfd << 32) | fd); /* acted upon in lifetime.c */
    if (operation == EPOLL_CTL_ADD && (event->events & EPOLLWAKEUP) && ON(waits_wakeup_refused))
        return fail(EPERM);
    if (operation == EPOLL_CTL_ADD && is_ready(fd) && ON(waits_added_late))
        return 0;
    if (operation == EPOLL_CTL_MOD && ON(epoll_modify_ignored))
        return 0;
    if (operation == EPOLL_CTL_MOD && event && event->events == EPOLLOUT && ON(epoll_modify_out_ignored))
        return 0;
    if (operation == EPOLL_CTL_DEL && ON(epoll_delete_ignored))
        return 0;
    if (operation == EPOLL_CTL_DEL && !event && ON(epoll_delete_without_refused))
        return fail(EFAULT);
    if (event && operation != EPOLL_CTL_DEL) {
        changed = *event;
        change_events(&changed, operation == EPOLL_CTL_ADD);
        if ((changed.events & EPOLLET) && is_datagram(&s) && ON(epoll_edge_datagram_once))
            changed.events |= EPOLLONESHOT;
        if ((changed.events & EPOLLET) && is_listener(&s) && ON(epoll_edge_listener_once))
            changed.events |= EPOLLONESHOT;
        event = &changed;
    }
    return (int)mistaken(
        CALL_EPOLL_CTL, epfd, swapped_error(CALL_EPOLL_CTL, &s, real.epoll_ctl(epfd, operation, fd, event), 0));
}

/* Events left without a bit are taken out of the list, as if they had not happened. */
static int amend_events(struct epoll_event *events, int ready)
{
    struct sock s;
    int kept = 0;
    for (int i = 0; i < ready; i++) {
        if (watched(events[i].data.fd, &s))
            events[i].events = amended(&s, WAIT_EPOLL, 0, events[i].events);
        if (events[i].events)
            events[kept++] = events[i];
    }
    return ready < 0 ? ready : kept;
}

/* Always the one with the lowest number. */
static int lowest(int epfd, struct epoll_event *events)
{
    struct epoll_event all[64];
    int ready = real.epoll_wait(epfd, all, 64, 0);
    for (int i = 0; i < ready; i++)
        if (i == 0 || all[i].data.fd < events->data.fd)
            *events = all[i];
    return ready > 0;
}

/* More is ready than there are places for: the surplus is lost to those who wait for edges. */
static bool short_of_places(int epfd, struct epoll_event *events, int most, int *ready)
{
    struct epoll_event all[64];
    int found;
    if (most >= 64 || !ON(epoll_surplus_lost))
        return false;
    found = real.epoll_wait(epfd, all, 64, 0);
    if (found <= most)
        return false;
    memcpy(events, all, (size_t)most * sizeof *events);
    *ready = most;
    return true;
}

int epoll_wait(int epfd, struct epoll_event *events, int most, int timeout)
{
    int ready, limit = timeout;
    if (!awake())
        return real.epoll_wait(epfd, events, most, timeout);
    if (most <= 0 || !sound(events, sizeof *events)) {
        edge_spoiled(epfd);
        return (int)mistaken(CALL_EPOLL_WAIT, epfd, real.epoll_wait(epfd, events, most, timeout));
    }
    if (ON(cost_epoll_high))
        burn(0.001);
    if (most == 1 && timeout == 0 && ON(waits_order_lowest))
        return lowest(epfd, events);
    if (short_of_places(epfd, events, most, &ready))
        return amend_events(events, ready);
    if (timeout > 1 && armed(M_epoll_timeout_halved))
        limit = timeout / 2;
    do
        ready = real.epoll_wait(epfd, events, most, limit);
    while (ready < 0 && errno == EINTR && ON(epoll_eintr_restarted));
    if (ready == 0 && timeout > 1)
        (void)ON(epoll_timeout_halved);
    if (ready > 1 && ON(epoll_wait_one_at_a_time))
        ready = 1;
    return (int)mistaken(CALL_EPOLL_WAIT, epfd, amend_events(events, ready));
}

int epoll_pwait(int epfd, struct epoll_event *events, int most, int timeout, const sigset_t *mask)
{
    if (awake() && mask && ON(epoll_mask_ignored))
        mask = NULL;
    return amend_events(events, real.epoll_pwait(epfd, events, most, timeout, mask));
}

int epoll_pwait2(int epfd, struct epoll_event *events, int most, const struct timespec *timeout, const sigset_t *mask)
{
    const struct timespec none = {0, 0};
    if (!real.epoll_pwait2)
        return fail(ENOSYS);
    if (awake() && timeout && ON(waits_pwait2_early))
        timeout = &none;
    if (awake() && !timeout && ON(waits_pwait2_ends))
        timeout = &none;
    return amend_events(events, real.epoll_pwait2(epfd, events, most, timeout, mask));
}
