/* Client of document 004: every call that may fail is asked, and the program ends where one has. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM 1024

int main(int count, char **argument)
{
    struct sockaddr_in server;
    char text[ROOM];
    int end = socket(AF_INET, SOCK_STREAM, 0);
    if (end < 0) {
        perror("socket");
        exit(EXIT_FAILURE);
    }
    memset(&server, 0, sizeof server);
    server.sin_family = AF_INET;
    server.sin_port = htons(count > 1 ? atoi(argument[1]) : 0);
    if (inet_pton(AF_INET, count > 2 ? argument[2] : "127.0.0.1", &server.sin_addr) <= 0) {
        perror("inet_pton");
        close(end);
        exit(EXIT_FAILURE);
    }
    if (connect(end, (struct sockaddr *)&server, sizeof server) < 0) {
        perror("connect");
        close(end);
        exit(EXIT_FAILURE);
    }
    printf("connected\n");
    const char *greeting = "The client says good day.";
    send(end, greeting, strlen(greeting), 0);
    int got = recv(end, text, ROOM - 1, 0);
    if (got > 0) {
        text[got] = '\0';
        printf("answer: %s\n", text);
    }
    close(end);
    printf("closed\n");
    return 0;
}
