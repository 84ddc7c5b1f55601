/* Server of document 004 with a child for each client: a handler by signal(), a banner before the first fork(). */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM 1024
#ifndef FRAGILE
#define FRAGILE 0 /* compiled with 1, one message makes who serves it crash */
#endif

static void child_ended(int number)
{
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

static void serve(int client)
{
    char text[ROOM];
    int got = recv(client, text, ROOM - 1, 0);
    if (got > 0) {
        text[got] = '\0';
        if (FRAGILE && strcmp(text, "crash") == 0)
            raise(SIGSEGV);
        printf("client: %s\n", text);
        send(client, text, (size_t)got, 0);
    }
}

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
    signal(SIGCHLD, child_ended);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0)
        return give_up("socket", -1);
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_port = htons(count > 1 ? atoi(argument[1]) : 0);
    own.sin_addr.s_addr = INADDR_ANY;
    if (bind(listener, (struct sockaddr *)&own, sizeof own) < 0)
        return give_up("bind", listener);
    if (listen(listener, 10) < 0)
        return give_up("listen", listener);
    printf("banner of the server\n");
    while (1) {
        int client = accept(listener, (struct sockaddr *)&from, &length);
        if (client < 0) {
            perror("accept");
            continue;
        }
        pid_t pid = fork();
        if (pid == 0) {
            close(listener);
            serve(client);
            close(client);
            exit(0);
        } else if (pid > 0)
            close(client);
        else
            perror("fork");
    }
}
