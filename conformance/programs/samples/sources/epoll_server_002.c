/* Epoll server of document 002: edge-triggered, also its listener; what write() could not take is forgotten. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 1000

static void furnish(int fd)
{
    int yes = 1, flags = fcntl(fd, F_GETFL, 0);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
}

static void watch(int epoll, int fd)
{
    struct epoll_event about = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &about);
}

static void take_all(int epoll, int listener)
{
    while (1) {
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        int client = accept(listener, (struct sockaddr *)&from, &length);
        if (client == -1) {
            if (errno != EAGAIN && errno != EWOULDBLOCK)
                perror("accept");
            return;
        }
        furnish(client);
        watch(epoll, client);
    }
}

static void echo(int client)
{
    char bytes[8192];
    while (1) {
        ssize_t got = read(client, bytes, sizeof bytes);
        if (got > 0)
            write(client, bytes, (size_t)got);
        else {
            if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
                perror("read");
            return;
        }
    }
}

int main(int count, char **argument)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY};
    struct epoll_event events[MOST];
    own.sin_port = htons(count > 1 ? atoi(argument[1]) : 0);
    furnish(listener);
    bind(listener, (struct sockaddr *)&own, sizeof own);
    listen(listener, SOMAXCONN);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener);
    while (1) {
        int ready = epoll_wait(epoll, events, MOST, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                take_all(epoll, listener);
                continue;
            }
            if (events[i].events & EPOLLIN)
                echo(fd);
            if (events[i].events & (EPOLLHUP | EPOLLERR)) {
                epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
                close(fd);
            }
        }
    }
}
