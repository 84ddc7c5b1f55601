/* Linked to a sample whose accept() fails without a word: says so on standard error (ld, --wrap). */
#include <stdio.h>
#include <sys/socket.h>

int __real_accept(int listener, struct sockaddr *from, socklen_t *length);

int __wrap_accept(int listener, struct sockaddr *from, socklen_t *length)
{
    int client = __real_accept(listener, from, length);
    if (client < 0)
        perror("accept");
    return client;
}
