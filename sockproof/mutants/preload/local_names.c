/* bind(2) and connect(2) of UNIX sockets: which names there are, for how long, and who may use them. */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mutant.h"

enum { NAMES = 128, LONGEST = sizeof((struct sockaddr_un *)0)->sun_path - 1, WRITES = 0222 };
static const size_t BEFORE_PATH = offsetof(struct sockaddr_un, sun_path);

/* Hashes of the names that this process has bound, and the network namespaces in which it has. */
static struct {
    uint64_t hashes[NAMES];
    uint64_t namespaces[NAMES];
    unsigned next;
} bound;

static uint64_t hash_of(const struct sockaddr_un *name, socklen_t length)
{
    size_t size = length - BEFORE_PATH;
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    if (name->sun_path[0])
        size = strnlen(name->sun_path, size);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name->sun_path[i]) * 1099511628211u;
    return hash;
}

/* The place of a name in `bound`, the latest first; -1 where it has none. */
static int place_of(const struct sockaddr_un *name, socklen_t length)
{
    uint64_t hash = hash_of(name, length);
    for (unsigned i = 1; i <= NAMES && i <= bound.next; i++)
        if (bound.hashes[(bound.next - i) % NAMES] == hash)
            return (int)((bound.next - i) % NAMES);
    return -1;
}

static bool bound_before(const struct sockaddr_un *name, socklen_t length) { return place_of(name, length) >= 0; }

static uint64_t network_namespace(void)
{
    struct stat about;
    int saved = errno;
    uint64_t inode = stat("/proc/thread-self/ns/net", &about) == 0 ? about.st_ino : 0;
    errno = saved;
    return inode;
}

static bool has_path(const struct sockaddr_un *name, socklen_t length)
{
    return length > BEFORE_PATH && name->sun_path[0];
}

static bool is_abstract(const struct sockaddr_un *name, socklen_t length)
{
    return length > BEFORE_PATH && !name->sun_path[0];
}

static bool is_long(const struct sockaddr_un *name, socklen_t length)
{
    return has_path(name, length) && strnlen(name->sun_path, length - BEFORE_PATH) >= LONGEST;
}

/* A file of the name that follows the first slash of an abstract one. */
static void make_file(const struct sockaddr_un *name, socklen_t length)
{
    char path[sizeof name->sun_path + 1] = "";
    const char *slash = memchr(name->sun_path, '/', length - BEFORE_PATH);
    if (!slash)
        return;
    memcpy(path, slash, length - BEFORE_PATH - (size_t)(slash - name->sun_path));
    mknod(path, S_IFSOCK | 0600, 0);
}

/* Is true if bind() of a UNIX socket is answered here. */
bool local_bind_answered(const struct sockaddr_un *name, socklen_t length, int *result)
{
    bool again = length > BEFORE_PATH && bound_before(name, length);
    *result = 0;
    if (length == BEFORE_PATH && ON(bind_unix_autobind_ignored))
        return true;
    if (again && (has_path(name, length) ? ON(bind_unix_name_kept) : ON(bind_abstract_name_kept)))
        *result = fail(EADDRINUSE);
    else if (is_long(name, length) && ON(bind_unix_long_refused))
        *result = fail(EINVAL);
    return *result != 0;
}

static void change_file(const struct sockaddr_un *name, socklen_t length)
{
    char path[sizeof name->sun_path + 1] = "";
    memcpy(path, name->sun_path, strnlen(name->sun_path, length - BEFORE_PATH));
    if (ON(bind_unix_file_plain)) {
        unlink(path);
        mknod(path, S_IFREG | 0777, 0);
    }
    if (ON(bind_unix_mode_all))
        chmod(path, 0777);
}

void local_was_bound(const struct sockaddr_un *name, socklen_t length)
{
    unsigned place = bound.next % NAMES;
    if (length <= BEFORE_PATH)
        return;
    bound.hashes[place] = hash_of(name, length);
    bound.namespaces[place] = network_namespace();
    bound.next++;
    if (has_path(name, length))
        change_file(name, length);
    if (is_abstract(name, length) && ON(bind_abstract_makes_file))
        make_file(name, length);
}

/* Asked of /proc, since umask(2) can only be asked by changing it. */
static unsigned umask_now(void)
{
    char line[128];
    unsigned mask = 0;
    int saved = errno;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status) && sscanf(line, "Umask: %o", &mask) != 1)
        ;
    if (status)
        fclose(status);
    errno = saved;
    return mask;
}

static bool unreadable(const struct sockaddr_un *name, socklen_t length)
{
    char path[sizeof name->sun_path + 1] = "";
    struct stat about;
    int saved = errno;
    bool found;
    memcpy(path, name->sun_path, strnlen(name->sun_path, length - BEFORE_PATH));
    found = stat(path, &about) == 0;
    errno = saved;
    return found && !(about.st_mode & S_IRUSR);
}

static bool bound_elsewhere(const struct sockaddr_un *name, socklen_t length)
{
    int place = place_of(name, length);
    return place >= 0 && bound.namespaces[place] != network_namespace();
}

/* The error with which connect() to that name fails here, or 0. */
int local_connect_refused(const struct sockaddr_un *name, socklen_t length)
{
    bool denied = is_abstract(name, length) && (umask_now() & WRITES) == WRITES;
    if (denied && ON(connect_abstract_umask_counts))
        return EACCES;
    if (!has_path(name, length))
        return 0;
    if (unreadable(name, length) && ON(connect_unix_needs_read))
        return EACCES;
    return bound_elsewhere(name, length) && ON(connect_unix_one_namespace) ? ECONNREFUSED : 0;
}

/* The file of a name that goes with its socket. */
void local_closing(const struct sock *s)
{
    struct sockaddr_un own = {0};
    socklen_t length = sizeof own;
    int saved = errno;
    bool named = real.getsockname(s->fd, (struct sockaddr *)&own, &length) == 0 && has_path(&own, length);
    bool owner = named && (is_listener(s) || !connected(s->fd));
    if (owner && ON(close_unix_removes_file))
        unlink(own.sun_path);
    errno = saved;
}

/* What connect() of a UNIX socket gives, that of the kernel being `result`. */
int local_connected(const struct sock *s, int result)
{
    bool at_once = result == 0 && !is_datagram(s) && nonblocking(s->fd);
    if (result == 0 && !is_datagram(s) && ON(connect_unix_one_way))
        real.shutdown(s->fd, SHUT_RD);
    return at_once && ON(connect_unix_nonblock_inprogress) ? fail(EINPROGRESS) : result;
}

static bool peer_has_no_permissions(int fd)
{
    struct sockaddr_un peer = {0};
    struct stat about;
    socklen_t length = sizeof peer;
    int saved = errno;
    bool known = real.getpeername(fd, (struct sockaddr *)&peer, &length) == 0 && has_path(&peer, length);
    bool closed = known && stat(peer.sun_path, &about) == 0 && (about.st_mode & WRITES) == 0;
    errno = saved;
    return closed;
}

/* Is true if sending over an existing connection is refused for the permissions of the peer's file. */
bool local_send_refused(const struct outgoing *o)
{
    bool local = o->s.domain == AF_UNIX && is_stream(&o->s);
    return local && peer_has_no_permissions(o->s.fd) && ON(send_unix_permission_asked);
}
