/* Server of document 004 with a thread for each client, and the misspelt length of its accept() put right. */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM 1024
#ifndef FRAGILE
#define FRAGILE 0 /* compiled with 1, one message makes who serves it crash */
#endif

static void *serve(void *own)
{
    int client = *(int *)own;
    free(own);
    char text[ROOM];
    int got = recv(client, text, ROOM - 1, 0);
    if (got > 0) {
        text[got] = '\0';
        if (FRAGILE && strcmp(text, "crash") == 0)
            raise(SIGSEGV);
        printf("client: %s\n", text);
        send(client, text, (size_t)got, 0);
    }
    close(client);
    pthread_exit(NULL);
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
        int *client = malloc(sizeof *client);
        pthread_t thread;
        if (!client)
            continue;
        *client = accept(listener, (struct sockaddr *)&from, &length);
        if (*client < 0) {
            perror("accept");
            free(client);
            continue;
        }
        if (pthread_create(&thread, NULL, serve, client) != 0) {
            perror("pthread_create");
            close(*client);
            free(client);
            continue;
        }
        pthread_detach(thread);
    }
}
