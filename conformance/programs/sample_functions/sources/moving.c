/* Functions of the documents that move data. What they print goes to `told`. */
#include <errno.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "functions.h"

static int full(void) { return errno == EAGAIN || errno == EWOULDBLOCK; }

/* safe_read() of 002 */
ssize_t safe_read(int fd, char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t more = read(fd, bytes + done, count - done);
        if (more > 0)
            done += (size_t)more;
        else if (more == 0 || full())
            break;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)done;
}

/* safe_write() and safe_send_data() of 002 */
ssize_t safe_write(int fd, const char *bytes, size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t more = write(fd, bytes + done, count - done);
        if (more > 0)
            done += (size_t)more;
        else if (more == 0 || full())
            break;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)done;
}

/* unsafe_send_data() of 002 */
ssize_t unsafe_send_data(int fd, const char *bytes, size_t count) { return write(fd, bytes, count); }

/* high_performance_file_transfer() of 002 */
ssize_t high_performance_file_transfer(int fd, int file, off_t offset, size_t count)
{
    ssize_t sent = sendfile(fd, file, &offset, count);
    return sent == -1 && full() ? 0 : sent;
}

/* vectored_write() of 002 */
static ssize_t vectored_write(int fd, struct iovec *part, int parts)
{
    ssize_t total = 0;
    while (parts > 0) {
        ssize_t sent = writev(fd, part, parts);
        if (sent == -1) {
            if (full())
                break;
            return -1;
        }
        total += sent;
        while (sent > 0 && parts > 0) {
            if ((size_t)sent >= part->iov_len) {
                sent -= (ssize_t)part->iov_len;
                part++;
                parts--;
            } else {
                part->iov_base = (char *)part->iov_base + sent;
                part->iov_len -= (size_t)sent;
                sent = 0;
            }
        }
    }
    return total;
}

ssize_t vectored_write_of_two(int fd, char *bytes, size_t count)
{
    struct iovec parts[2] = {{bytes, count / 2}, {bytes + count / 2, count - count / 2}};
    return vectored_write(fd, parts, 2);
}

/* debug_read() of 002 */
ssize_t debug_read(int fd, unsigned char *bytes, size_t count)
{
    ssize_t got = read(fd, bytes, count);
    if (got > 0) {
        TELL("read %zd: ", got);
        for (ssize_t i = 0; i < got && i < 64; i++)
            TELL("%02x ", bytes[i]);
    } else if (got == 0)
        TELL("end");
    else
        TELL("error %s", strerror(errno));
    return got;
}

/* handle_sigchld() of 004, which comes while the program has something in errno */
static void handle_sigchld(int number)
{
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

int errno_after_the_handler(int before)
{
    signal(SIGCHLD, handle_sigchld);
    errno = before;
    raise(SIGCHLD);
    return errno;
}

/* The fragment of 001 that passes a descriptor: its buffer is an array of char, where cmsg(3) has a union */
int send_descriptor(int fd, int descriptor)
{
    char room[CMSG_SPACE(sizeof(int))];
    struct iovec part = {.iov_base = "X", .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    *(int *)CMSG_DATA(head) = descriptor;
    return (int)sendmsg(fd, &message, 0);
}

int alignment_of_its_room(void) { return __alignof__(char[CMSG_SPACE(sizeof(int))]); }

int alignment_of_its_head(void) { return __alignof__(struct cmsghdr); }
