/* Select server of document 002: what one client says is written to all the others, without a guard. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static fd_set all;
static int highest;

static void take(int listener)
{
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    char host[INET_ADDRSTRLEN];
    int client = accept(listener, (struct sockaddr *)&from, &length);
    if (client == -1)
        return;
    FD_SET(client, &all);
    if (client > highest)
        highest = client;
    inet_ntop(AF_INET, &from.sin_addr, host, sizeof host);
    printf("client %s:%d at %d\n", host, ntohs(from.sin_port), client);
}

static void hear(int listener, int client)
{
    char bytes[8192];
    ssize_t got = read(client, bytes, sizeof bytes);
    if (got <= 0) {
        printf("client at %d has gone\n", client);
        close(client);
        FD_CLR(client, &all);
        return;
    }
    for (int other = 0; other <= highest; other++)
        if (FD_ISSET(other, &all) && other != listener && other != client)
            write(other, bytes, (size_t)got);
}

static void serve(int listener)
{
    highest = listener;
    FD_ZERO(&all);
    FD_SET(listener, &all);
    while (1) {
        fd_set readable = all;
        if (select(highest + 1, &readable, NULL, NULL, NULL) == -1) {
            perror("select");
            break;
        }
        for (int fd = 0; fd <= highest; fd++)
            if (FD_ISSET(fd, &readable)) {
                if (fd == listener)
                    take(listener);
                else
                    hear(listener, fd);
            }
    }
}

static void noted(int number) { (void)number; }

int main(int count, char **argument)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY};
    own.sin_port = htons(count > 1 ? atoi(argument[1]) : 0);
    signal(SIGUSR1, noted); /* the program around the function: it handles a signal, as many do */
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) == -1 || listen(listener, SOMAXCONN) == -1)
        return 1;
    serve(listener);
    return 0;
}
