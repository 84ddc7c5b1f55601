/* Echo server of document 000: one client at a time, write() without a guard, accept() tried again at any error. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void echo(int client)
{
    char bytes[4096];
    ssize_t got;
    while ((got = read(client, bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0; done < got;) {
            ssize_t more = write(client, bytes + done, (size_t)(got - done));
            if (more < 0)
                return;
            done += more;
        }
}

int main(int count, char **argument)
{
    int listener = socket(AF_INET6, SOCK_STREAM, 0), no = 0, yes = 1;
    struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
    own.sin6_port = htons(count > 1 ? atoi(argument[1]) : 0);
    setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bind(listener, (struct sockaddr *)&own, sizeof own);
    listen(listener, 128);
    for (;;) {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        int client = accept(listener, (struct sockaddr *)&from, &length);
        if (client < 0)
            continue;
        echo(client);
        close(client);
    }
}
