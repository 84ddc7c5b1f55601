/* UDP client of document 002: sends once, and waits for whatever comes without a limit of time. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **argument)
{
    int end = socket(AF_INET, SOCK_DGRAM, 0);
    if (end == -1)
        return 1;
    struct sockaddr_in server = {.sin_family = AF_INET}, from;
    server.sin_port = htons(count > 1 ? atoi(argument[1]) : 0);
    inet_pton(AF_INET, "127.0.0.1", &server.sin_addr);
    const char *greeting = "good day, datagram";
    sendto(end, greeting, strlen(greeting), 0, (struct sockaddr *)&server, sizeof server);

    char answer[1024];
    socklen_t length = sizeof from;
    ssize_t got = recvfrom(end, answer, sizeof answer - 1, 0, (struct sockaddr *)&from, &length);
    if (got > 0) {
        answer[got] = '\0';
        printf("answer: %s\n", answer);
    }
    close(end);
}
