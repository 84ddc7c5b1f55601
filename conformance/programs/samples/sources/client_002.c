/* TCP client of document 002: connects by a function of its own, which tells why it could not, and asks once. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connected_to(const char *host, int port)
{
    int end = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (end == -1)
        return -1;
    if (inet_pton(AF_INET, host, &server.sin_addr) <= 0) {
        fprintf(stderr, "no address: %s\n", host);
        close(end);
        return -1;
    }
    if (connect(end, (struct sockaddr *)&server, sizeof server) == -1) {
        perror("connect");
        close(end);
        return -1;
    }
    return end;
}

int main(int count, char **argument)
{
    int end = connected_to("127.0.0.1", count > 1 ? atoi(argument[1]) : 0);
    if (end == -1)
        return 0; /* the function of the document returns, and says nothing more */
    const char *greeting = "good day, server";
    write(end, greeting, strlen(greeting));
    char answer[1024];
    ssize_t got = read(end, answer, sizeof answer - 1);
    if (got > 0) {
        answer[got] = '\0';
        printf("answer: %s\n", answer);
    }
    close(end);
    return 0;
}
