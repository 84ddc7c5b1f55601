/* Event loop of document 000: one accept4() for each event of a level-triggered listener; the clients' branch is empty. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

int main(int count, char **argument)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY};
    struct epoll_event about = {.events = EPOLLIN, .data.fd = listener}, events[64];
    own.sin_port = htons(count > 1 ? atoi(argument[1]) : 0);
    fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
    bind(listener, (struct sockaddr *)&own, sizeof own);
    listen(listener, 128);
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &about);
    for (;;) {
        int ready = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != listener)
                continue; /* the document leaves reading and writing to its reader */
            int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            struct epoll_event its = {.events = EPOLLIN | EPOLLET, .data.fd = client};
            epoll_ctl(epoll, EPOLL_CTL_ADD, client, &its);
        }
    }
}
