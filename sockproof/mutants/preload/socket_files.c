/* Calls that are for files, with sockets: what they refuse, and what fstat(2) tells. */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mutant.h"

static bool on_socket(int fd)
{
    struct sock s;
    load_real_calls();
    return shared && watched(fd, &s);
}

off_t lseek(int fd, off_t offset, int whence)
{
    return on_socket(fd) && ON(file_seek_allowed) ? 0 : real.lseek(fd, offset, whence);
}

off64_t lseek64(int fd, off64_t offset, int whence) { return lseek(fd, offset, whence); }

ssize_t pread(int fd, void *buffer, size_t length, off_t offset)
{
    return on_socket(fd) && ON(file_positioned_read) ? real.recv(fd, buffer, length, 0)
                                                     : real.pread(fd, buffer, length, offset);
}

ssize_t pwrite(int fd, const void *buffer, size_t length, off_t offset)
{
    return on_socket(fd) && ON(file_positioned_written) ? real.send(fd, buffer, length, 0)
                                                        : real.pwrite(fd, buffer, length, offset);
}

ssize_t preadv2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
    if (offset == -1 && on_socket(fd) && ON(file_minus_one))
        return fail(ESPIPE);
    return real.preadv2 ? real.preadv2(fd, iov, count, offset, flags) : fail(ENOSYS);
}

/* As of a file that has been written. */
static int settled(int fd, int result)
{
    return result < 0 && errno == EINVAL && on_socket(fd) && ON(file_sync_succeeds) ? 0 : result;
}

int fsync(int fd) { return load_real_calls(), settled(fd, real.fsync(fd)); }

int fdatasync(int fd) { return load_real_calls(), settled(fd, real.fdatasync(fd)); }

int ftruncate(int fd, off_t length)
{
    return on_socket(fd) && ON(file_length_set) ? 0 : real.ftruncate(fd, length);
}

int ftruncate64(int fd, off64_t length) { return ftruncate(fd, length); }

int fallocate(int fd, int mode, off_t offset, off_t length)
{
    return on_socket(fd) && ON(file_space_allocated) ? 0 : real.fallocate(fd, mode, offset, length);
}

int isatty(int fd)
{
    int result;
    load_real_calls();
    result = real.isatty(fd);
    if (!result && errno == ENOTTY && on_socket(fd) && ON(file_terminal_invalid))
        errno = EINVAL;
    return result;
}

int fchdir(int fd)
{
    return on_socket(fd) && ON(file_directory_entered) ? 0 : real.fchdir(fd);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    void *result;
    load_real_calls();
    result = real.mmap(at, size, protection, flags, fd, offset);
    if (result == MAP_FAILED && errno == ENODEV && on_socket(fd) && ON(file_map_anonymous))
        return real.mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return result;
}

/* The mode of the file that the name of a UNIX socket leads to, in place of its own. */
static void change_mode(int fd, struct stat *about)
{
    struct sockaddr_un name = {0};
    struct stat file;
    socklen_t length = sizeof name - 1;
    bool named = real.getsockname(fd, (struct sockaddr *)&name, &length) == 0 && name.sun_family == AF_UNIX
        && length > sizeof name.sun_family && name.sun_path[0];
    if (named && stat(name.sun_path, &file) == 0 && file.st_mode != about->st_mode && ON(file_mode_shared))
        about->st_mode = file.st_mode;
}

int fstat(int fd, struct stat *about)
{
    int result;
    load_real_calls();
    result = real.fstat(fd, about);
    if (result != 0 || !S_ISSOCK(about->st_mode) || !on_socket(fd))
        return result;
    if (ON(file_type_pipe))
        about->st_mode = (about->st_mode & ~(mode_t)S_IFMT) | S_IFIFO;
    if (ON(file_inode_one))
        about->st_ino = 1;
    change_mode(fd, about);
    return 0;
}

int fstat64(int fd, struct stat64 *about) { return fstat(fd, (struct stat *)about); }

/* The file of a socket, which is opened as nobody's. */
static int opened(int result)
{
    return result < 0 && errno == ENXIO && shared && awake() && ON(file_open_enoent) ? fail(ENOENT) : result;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;
    load_real_calls();
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    return opened(real.open(path, flags, mode));
}

int open64(const char *path, int flags, ...)
{
    va_list rest;
    mode_t mode;
    load_real_calls();
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
    return opened(real.open(path, flags | O_LARGEFILE, mode));
}
