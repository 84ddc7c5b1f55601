/* Functions of the documents that open sockets. Messages go to `told`, and ports are 16 bits of an int. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "functions.h"

char told[4096];

static struct sockaddr_in inet(const char *host, int port)
{
    struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &made.sin_addr) <= 0)
        made.sin_family = AF_UNSPEC;
    return made;
}

/* open_listen() of 000 and 001 */
int open_listen(const char *service)
{
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    int fd = -1, yes = 1;
    if (getaddrinfo(NULL, service, &wanted, &found) != 0)
        return -1;
    for (struct addrinfo *one = found; one; one = one->ai_next) {
        if ((fd = socket(one->ai_family, one->ai_socktype, one->ai_protocol)) < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(fd, one->ai_addr, one->ai_addrlen) == 0 && listen(fd, 128) == 0)
            break;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* nb(), set_nb() and set_nonblocking() of 000, 001 and 002 */
int set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL, 0);
    return flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ? -1 : 0;
}

/* create_tcp_server_socket() of 002: the address is made and not used */
int create_tcp_server_socket(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1)
        return -1;
    struct sockaddr_in own = inet("0.0.0.0", port);
    (void)own;
    return fd;
}

/* setup_server_binding() and bind_to_interface() of 002 */
int bind_to_interface(int fd, const char *host, int port)
{
    struct sockaddr_in own = inet(host, port);
    if (own.sin_family == AF_UNSPEC) {
        TELL("no address: %s\n", host);
        return -1;
    }
    return bind(fd, (struct sockaddr *)&own, sizeof own);
}

int setup_server_binding(int fd, int port) { return bind_to_interface(fd, "0.0.0.0", port); }

/* start_listening() of 002 */
int start_listening(int fd, int backlog) { return listen(fd, backlog); }

/* setup_optimized_listener() of 002 */
int setup_optimized_listener(int fd)
{
    FILE *setting = fopen("/proc/sys/net/core/somaxconn", "r");
    int most = 128;
    if (setting) {
        if (fscanf(setting, "%d", &most) != 1)
            most = 128;
        fclose(setting);
    }
    return listen(fd, most);
}

/* accept_client_connection() of 002 */
int accept_client_connection(int listener)
{
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    char host[INET_ADDRSTRLEN];
    int fd = accept(listener, (struct sockaddr *)&from, &length);
    if (fd == -1)
        return -1;
    inet_ntop(AF_INET, &from.sin_addr, host, sizeof host);
    TELL("client %s:%d\n", host, ntohs(from.sin_port));
    return fd;
}

/* accept_nonblocking() of 002 */
int accept_nonblocking(int listener)
{
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    int fd = accept(listener, (struct sockaddr *)&from, &length);
    if (fd == -1)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

/* connect_to_server() of 002 */
int connect_to_server(const char *host, int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in server = inet(host, port);
    if (fd == -1)
        return -1;
    if (server.sin_family == AF_UNSPEC || connect(fd, (struct sockaddr *)&server, sizeof server) == -1) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* connect_with_timeout() of 002. What lies behind its set shows in `behind`. */
unsigned char behind[1024];

int connect_with_timeout(const char *host, int port, int seconds)
{
    struct {
        fd_set set;
        unsigned char behind[sizeof behind];
    } writable;
    int fd = socket(AF_INET, SOCK_STREAM, 0), error = 0;
    socklen_t length = sizeof error;
    struct sockaddr_in server = inet(host, port);
    struct timeval limit = {seconds, 0};
    if (fd == -1)
        return -1;
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) == 0) {
        fcntl(fd, F_SETFL, flags);
        return fd;
    }
    if (errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    memset(writable.behind, 0, sizeof behind);
    FD_ZERO(&writable.set);
    FD_SET(fd, &writable.set);
    __asm__ volatile("" : : "r"(&writable) : "memory");
    memcpy(behind, writable.behind, sizeof behind);
    if (select(fd + 1, NULL, &writable.set, NULL, &limit) <= 0) {
        close(fd);
        return -1;
    }
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) {
        close(fd);
        return -1;
    }
    fcntl(fd, F_SETFL, flags);
    return fd;
}

static struct sockaddr_un local(const char *path)
{
    struct sockaddr_un made = {.sun_family = AF_UNIX};
    strncpy(made.sun_path, path, sizeof made.sun_path - 1);
    return made;
}

/* create_unix_socket_server() and connect_to_unix_socket() of 002 */
int create_unix_socket_server(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un own = local(path);
    if (fd == -1)
        return -1;
    unlink(path);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) == -1) {
        close(fd);
        return -1;
    }
    chmod(path, 0666);
    if (listen(fd, SOMAXCONN) == -1) {
        close(fd);
        unlink(path);
        return -1;
    }
    return fd;
}

int connect_to_unix_socket(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un server = local(path);
    if (fd != -1 && connect(fd, (struct sockaddr *)&server, sizeof server) == -1) {
        close(fd);
        return -1;
    }
    return fd;
}

/* bad_server() and good_server() of 002 */
static int server(int port, int again)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in own = inet("0.0.0.0", port);
    if (again)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) == -1) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int bad_server(int port) { return server(port, 0); }

int good_server(int port) { return server(port, 1); }

/* handle_request() of the first case of 002: as it was, and as it was made right */
static int process_data(int fd)
{
    char bytes[100];
    return read(fd, bytes, sizeof bytes) < 0 ? -1 : 0;
}

int handle_request_before(const char *host, int port)
{
    int fd = connect_to_server(host, port);
    if (process_data(fd) < 0)
        return -1;
    close(fd);
    return 0;
}

int handle_request_after(const char *host, int port)
{
    int fd = connect_to_server(host, port), result;
    if (fd < 0)
        return -1;
    result = process_data(fd);
    close(fd);
    return result;
}

/* leaky_client() and safe_client() of 002 */
static int client(const char *host, int port, int leaks)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), result = 0;
    struct sockaddr_in server = inet(host, port);
    char bytes[1024];
    if (fd == -1)
        return -1;
    if (connect(fd, (struct sockaddr *)&server, sizeof server) == -1 || read(fd, bytes, sizeof bytes) == -1) {
        if (leaks)
            return -1;
        result = -1;
    }
    close(fd);
    return result;
}

int leaky_client(const char *host, int port) { return client(host, port, 1); }

int safe_client(const char *host, int port) { return client(host, port, 0); }

/* performance_comparison_test() of 002, its first half: nobody accepts, and nobody answers */
int performance_comparison_test(const char *path)
{
    const char *message = "as many bytes as it were";
    int listener = create_unix_socket_server(path), fd = connect_to_unix_socket(path);
    char bytes[256];
    for (int turn = 0; turn < 100000; turn++) {
        write(fd, message, strlen(message));
        read(fd, bytes, sizeof bytes);
    }
    close(fd);
    close(listener);
    return 0;
}
