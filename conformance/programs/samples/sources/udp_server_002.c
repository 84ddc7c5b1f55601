/* UDP echo server of document 002: 8,192 bytes of a datagram, and only what is more than nothing is sent back. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **argument)
{
    int end = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY}, from;
    own.sin_port = htons(count > 1 ? atoi(argument[1]) : 0);
    if (end == -1 || bind(end, (struct sockaddr *)&own, sizeof own) == -1) {
        perror("no UDP socket");
        return 1;
    }
    char bytes[8192], host[INET_ADDRSTRLEN];
    while (1) {
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(end, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
        if (got > 0) {
            inet_ntop(AF_INET, &from.sin_addr, host, sizeof host);
            printf("%zd bytes of %s:%d\n", got, host, ntohs(from.sin_port));
            sendto(end, bytes, (size_t)got, 0, (struct sockaddr *)&from, length);
        }
    }
}
