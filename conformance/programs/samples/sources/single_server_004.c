/* Server of document 004 for one connection: reads once, 1,023 bytes at most, answers, closes both and ends. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM 1024

static int give_up(const char *what, int listener)
{
    perror(what);
    if (listener >= 0)
        close(listener);
    return EXIT_FAILURE;
}

int main(int count, char **argument)
{
    struct sockaddr_in own, from;
    socklen_t length = sizeof from;
    char text[ROOM] = {0};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0)
        return give_up("socket", -1);
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = INADDR_ANY;
    own.sin_port = htons(count > 1 ? atoi(argument[1]) : 0);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) < 0)
        return give_up("bind", listener);
    if (listen(listener, 1) < 0)
        return give_up("listen", listener);
    printf("waits at port %d\n", ntohs(own.sin_port));
    int client = accept(listener, (struct sockaddr *)&from, &length);
    if (client < 0)
        return give_up("accept", listener);
    printf("client %s:%d\n", inet_ntoa(from.sin_addr), ntohs(from.sin_port));
    int got = recv(client, text, ROOM - 1, 0);
    if (got < 0)
        perror("recv");
    else {
        text[got] = '\0';
        printf("got: %s\n", text);
        const char *answer = "It has come.\n";
        send(client, answer, strlen(answer), 0);
    }
    close(client);
    close(listener);
    printf("closed\n");
    return 0;
}
