/* The real calls, and what the real kernel says of a descriptor. */
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "mutant.h"

struct real real;

static pthread_once_t loaded = PTHREAD_ONCE_INIT;

/* Calls that this C library lacks stay NULL: nobody can then have called our wrapper by linking against it. */
static void look_up(void)
{
#define REAL(result, name, ...) *(void **)&real.name = dlsym(RTLD_NEXT, #name);
#include "real.def"
#undef REAL
}

void load_real_calls(void) { pthread_once(&loaded, look_up); }

int fail(int error)
{
    errno = error;
    return -1;
}

int option_of(int fd, int level, int name, int otherwise)
{
    int saved = errno, value = otherwise;
    socklen_t length = sizeof value;
    if (real.getsockopt(fd, level, name, &value, &length) != 0)
        value = otherwise;
    errno = saved;
    return value;
}

bool set_option(int fd, int level, int name, int value)
{
    int saved = errno;
    bool done = real.setsockopt(fd, level, name, &value, sizeof value) == 0;
    errno = saved;
    return done;
}

bool watched(int fd, struct sock *s)
{
    if (!awake() || fd < 0)
        return false;
    s->fd = fd;
    s->domain = option_of(fd, SOL_SOCKET, SO_DOMAIN, -1);
    if (s->domain != AF_INET && s->domain != AF_INET6 && s->domain != AF_UNIX)
        return false;
    s->type = option_of(fd, SOL_SOCKET, SO_TYPE, -1);
    return true;
}

uint64_t inode_of(int fd)
{
    struct stat about;
    int saved = errno;
    uint64_t inode = real.fstat(fd, &about) == 0 ? about.st_ino : 0;
    errno = saved;
    return inode;
}

bool nonblocking(int fd)
{
    int flags = real.fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_NONBLOCK);
}

bool connected(int fd)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int saved = errno;
    bool yes = real.getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
    errno = saved;
    return yes;
}

bool has_timeout(int fd, int name)
{
    struct timeval limit = {0, 0};
    socklen_t length = sizeof limit;
    int saved = errno;
    real.getsockopt(fd, SOL_SOCKET, name, &limit, &length);
    errno = saved;
    return limit.tv_sec || limit.tv_usec;
}

bool is_stream(const struct sock *s) { return s->type == SOCK_STREAM; }

bool is_datagram(const struct sock *s) { return s->type == SOCK_DGRAM; }

bool is_inet(const struct sock *s) { return s->domain == AF_INET || s->domain == AF_INET6; }

bool is_listener(const struct sock *s) { return option_of(s->fd, SOL_SOCKET, SO_ACCEPTCONN, 0) == 1; }

/* A readable stream with nothing queued is at its end. Asked by ioctl, since a receive would consume an error. */
bool at_end_of_file(int fd)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    int saved = errno, queued = -1;
    bool end = real.poll(&readable, 1, 0) == 1 && (readable.revents & POLLIN) && !(readable.revents & POLLERR)
        && real.ioctl(fd, FIONREAD, &queued) == 0 && queued == 0;
    errno = saved;
    return end;
}

int queued(int fd, unsigned long request)
{
    int saved = errno, bytes = 0;
    if (real.ioctl(fd, request, &bytes) != 0)
        bytes = 0;
    errno = saved;
    return bytes;
}

void drain(int fd)
{
    char bytes[4096];
    int saved = errno;
    while (real.recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
    errno = saved;
}

/* Far above the numbers that programs use, and never inherited by an exec. */
void leak(int fd)
{
    int saved = errno;
    real.fcntl(fd, F_DUPFD_CLOEXEC, 700);
    errno = saved;
}

static double spent(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void burn(double seconds)
{
    double end = spent() + seconds;
    while (spent() < end)
        ;
}

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
