/* Client of documents 000 and 001: neither getaddrinfo() nor connect() is asked whether it succeeded. */
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **argument)
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found;
    getaddrinfo("127.0.0.1", count > 1 ? argument[1] : "0", &wanted, &found);
    int end = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    connect(end, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);

    const char *greeting = "good day\n";
    write(end, greeting, strlen(greeting));
    char answer[1024];
    ssize_t got = read(end, answer, sizeof answer);
    if (got > 0)
        write(1, answer, (size_t)got);
    close(end);
}
