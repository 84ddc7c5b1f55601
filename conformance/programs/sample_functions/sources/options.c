/* Functions of the documents that set options and ask for them. What they print goes to `told`. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "functions.h"

static int set(int fd, int level, int name, int value) { return setsockopt(fd, level, name, &value, sizeof value); }

static int get(int fd, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof value;
    getsockopt(fd, level, name, &value, &length);
    return value;
}

static struct tcp_info info_of(int fd)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    memset(&info, 0, sizeof info);
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
    return info;
}

/* setup_socket_options() of 002 */
int setup_socket_options(int fd)
{
    if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) == -1)
        return -1;
    set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (set(fd, IPPROTO_TCP, TCP_NODELAY, 1) == -1)
        return -1;
    return set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

/* setup_high_performance_options() of 002 */
int setup_high_performance_options(int fd)
{
    struct linger linger = {1, 5};
    struct timeval limit = {10, 0};
    set(fd, SOL_SOCKET, SO_SNDBUF, 256 * 1024);
    set(fd, SOL_SOCKET, SO_RCVBUF, 256 * 1024);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 120);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 30);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return 0;
}

/* print_socket_info() of 002 */
void print_socket_info(int fd)
{
    TELL("send %d, ", get(fd, SOL_SOCKET, SO_SNDBUF));
    TELL("receive %d, ", get(fd, SOL_SOCKET, SO_RCVBUF));
    TELL("nodelay %s, ", get(fd, IPPROTO_TCP, TCP_NODELAY) ? "on" : "off");
    TELL("keepalive %s", get(fd, SOL_SOCKET, SO_KEEPALIVE) ? "on" : "off");
}

/* calculate_optimal_buffer_size() of 002 */
int calculate_optimal_buffer_size(int fd)
{
    struct tcp_info info = info_of(fd);
    uint32_t round_trip = info.tcpi_rtt, rate = info.tcpi_delivery_rate;
    if (round_trip == 0 || rate == 0)
        return 256 * 1024;
    uint64_t size = (uint64_t)rate * round_trip / (8 * 1000000);
    if (size < 64 * 1024)
        size = 64 * 1024;
    return size > 16 * 1024 * 1024 ? 16 * 1024 * 1024 : (int)size;
}

/* tune_socket_buffers() of 002 */
int tune_socket_buffers(int fd)
{
    int size = calculate_optimal_buffer_size(fd);
    return set(fd, SOL_SOCKET, SO_SNDBUF, size) == -1 || set(fd, SOL_SOCKET, SO_RCVBUF, size) == -1 ? -1 : 0;
}

/* The variable in which calculate_optimal_buffer_size() keeps the rate, and the field from which it comes. */
unsigned rate_width(void) { return sizeof((struct tcp_info *)0)->tcpi_delivery_rate; }

unsigned rate_after(uint64_t rate)
{
    struct tcp_info info = {.tcpi_delivery_rate = rate};
    uint32_t kept = info.tcpi_delivery_rate;
    return kept;
}

/* fix_latency_issue() of 002 */
int fix_latency_issue(int fd)
{
    if (set(fd, IPPROTO_TCP, TCP_NODELAY, 1) == -1)
        return -1;
    set(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
    return 0;
}

static void tell_name(const char *whose, int (*ask)(int, struct sockaddr *, socklen_t *), int fd)
{
    struct sockaddr_in name;
    socklen_t length = sizeof name;
    char host[INET_ADDRSTRLEN];
    if (ask(fd, (struct sockaddr *)&name, &length) == 0) {
        inet_ntop(AF_INET, &name.sin_addr, host, sizeof host);
        TELL("%s %s:%d, ", whose, host, ntohs(name.sin_port));
    }
}

/* debug_socket_state() of 002 */
void debug_socket_state(int fd)
{
    tell_name("local", getsockname, fd);
    tell_name("peer", getpeername, fd);
    struct tcp_info info = info_of(fd);
    TELL("state %d, round trip %u, unsent %u, space %u", info.tcpi_state, info.tcpi_rtt, info.tcpi_notsent_bytes,
         info.tcpi_rcv_space);
    int error = get(fd, SOL_SOCKET, SO_ERROR);
    if (error != 0)
        TELL(", error %s", strerror(error));
}
