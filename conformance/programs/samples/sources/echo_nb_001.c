/* Program echo_nb of document 001: what send() could not take is copied, and the copy forgotten. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int epoll;

static int listener_at(int port)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1, no = 0;
    struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any, .sin6_port = htons(port)};
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) < 0 || listen(fd, 1024) < 0)
        return -1;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

static void ask(int how, int fd, uint32_t events)
{
    struct epoll_event about = {.events = events, .data.fd = fd};
    epoll_ctl(epoll, how, fd, &about);
}

static void drop(int fd)
{
    epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
    close(fd);
}

static void take_all(int listener)
{
    for (;;) {
        int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                perror("accept");
            return;
        }
        ask(EPOLL_CTL_ADD, client, EPOLLIN | EPOLLET);
    }
}

static void send_back(int fd, const char *bytes, ssize_t count)
{
    for (ssize_t done = 0; done < count;) {
        ssize_t more = send(fd, bytes + done, (size_t)(count - done), MSG_NOSIGNAL);
        if (more > 0)
            done += more;
        else if (more < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            char *rest = malloc((size_t)(count - done));
            memcpy(rest, bytes + done, (size_t)(count - done));
            ask(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT | EPOLLET);
            return;
        } else {
            drop(fd);
            return;
        }
    }
}

static void hear(int fd)
{
    for (;;) {
        char bytes[8192];
        ssize_t got = read(fd, bytes, sizeof bytes);
        if (got > 0)
            send_back(fd, bytes, got);
        else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        else if (got == 0 || errno != EINTR) {
            drop(fd);
            return;
        }
    }
}

int main(int count, char **argument)
{
    signal(SIGPIPE, SIG_IGN);
    int listener = listener_at(count > 1 ? atoi(argument[1]) : 0);
    if (listener < 0) {
        perror("listen");
        return 1;
    }
    epoll = epoll_create1(EPOLL_CLOEXEC);
    ask(EPOLL_CTL_ADD, listener, EPOLLIN | EPOLLEXCLUSIVE);
    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener)
                take_all(listener);
            else if (events[i].events & (EPOLLERR | EPOLLHUP))
                drop(fd);
            else {
                if (events[i].events & EPOLLIN)
                    hear(fd);
                if (events[i].events & EPOLLOUT)
                    ask(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLET);
            }
        }
    }
}
