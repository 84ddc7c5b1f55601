/* TCP echo server of document 002: a larger buffer, one write() for each read(), and a word where that fell short. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int client)
{
    char bytes[8192];
    ssize_t got;
    while ((got = read(client, bytes, sizeof bytes)) > 0) {
        ssize_t sent = write(client, bytes, (size_t)got);
        if (sent != got) {
            fprintf(stderr, "short write\n");
            break;
        }
    }
}

int main(int count, char **argument)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY};
    own.sin_port = htons(count > 1 ? atoi(argument[1]) : 0);
    bind(listener, (struct sockaddr *)&own, sizeof own);
    listen(listener, SOMAXCONN);
    printf("echo at port %d\n", ntohs(own.sin_port));
    while (1) {
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        int client = accept(listener, (struct sockaddr *)&from, &length);
        if (client == -1)
            continue;
        serve(client);
        close(client);
        printf("client has gone\n");
    }
}
