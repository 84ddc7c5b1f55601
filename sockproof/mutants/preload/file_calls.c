/* sendfile(2) and splice(2): files and pipes that go into sockets, and come out of them. */
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "mutant.h"

static void move_position(int in, const off_t *offset, ssize_t n)
{
    if (offset && n > 0 && ON(send_file_position_moved))
        lseek(in, n, SEEK_CUR);
    if (!offset && n > 0 && ON(send_file_position_kept))
        lseek(in, -n, SEEK_CUR);
}

static ssize_t file_sent(off_t *offset, off_t before, size_t count, ssize_t n)
{
    if (n < 0 && errno == EAGAIN && ON(send_file_full_as_zero))
        return 0;
    if (n == 0 && count > 0 && ON(send_file_end_as_error))
        return fail(EINVAL);
    if (offset && n > 0 && ON(send_file_offset_kept))
        *offset = before;
    if (n > 1 && ON(send_file_one_less))
        n--;
    return n;
}

static bool wrongly(int out, int in, const off_t *offset)
{
    int mode = real.fcntl(in, F_GETFL);
    struct sock s;
    return mode < 0 || (mode & O_ACCMODE) == O_WRONLY || !watched(out, &s)
        || (offset && (!sound(offset, sizeof *offset) || *offset < 0));
}

/* From the file's position, although that was not asked for. */
static ssize_t sent_anyway(int out, int in, off_t *offset, size_t count)
{
    struct sock s;
    ssize_t n = real.sendfile(out, in, offset, count);
    if (n < 0 && watched(out, &s) && offset && ON(arguments_file_sent)) {
        int saved = errno;
        off_t start = 0;
        real.sendfile(out, in, &start, count);
        errno = saved;
    }
    return n;
}

ssize_t sendfile(int out, int in, off_t *offset, size_t count)
{
    struct sock s, source;
    off_t before = 0;
    ssize_t n;
    if (!awake())
        return real.sendfile(out, in, offset, count);
    if (count == 0 && ON(send_file_nothing_refused))
        return fail(EINVAL);
    if (wrongly(out, in, offset))
        return mistaken(CALL_SENDFILE, watched(out, &s) ? in : out, sent_anyway(out, in, offset, count));
    before = offset ? *offset : 0;
    if (ON(cost_sendfile_high))
        burn(0.001);
    if (watched(out, &s) && is_datagram(&s) && count > 1 && ON(send_file_datagram_apart))
        count--, real.sendfile(out, in, offset, 1);
    n = real.sendfile(out, in, offset, count);
    if (n < 0 && errno == EPIPE && watched(out, &s) && ON(send_file_broken_taken))
        return (ssize_t)count;
    if (n < 0 && errno == EINVAL && watched(in, &source) && ON(send_file_from_socket))
        return (ssize_t)count;
    if (!watched(out, &s))
        return n;
    move_position(in, offset, n);
    return file_sent(offset, before, count, n);
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) { return sendfile(out, in, (off_t *)offset, count); }

/* A socket that is non-blocking in itself, and not by the call. */
static void await_data(int in, unsigned int flags)
{
    struct sock s;
    struct pollfd one = {.fd = in, .events = POLLIN};
    bool waits = !(flags & SPLICE_F_NONBLOCK) && watched(in, &s) && nonblocking(in);
    if (waits && real.poll(&one, 1, 0) == 0 && ON(receive_splice_empty_waits))
        real.poll(&one, 1, -1);
}

static ssize_t refused_splice(int in, int out, size_t length)
{
    struct sock s;
    if (errno == EINVAL && (watched(out, &s) || watched(in, &s)) && ON(send_splice_without_pipe))
        return (ssize_t)length;
    return mistaken(CALL_SPLICE, watched(out, &s) ? in : out, -1);
}

/* Without the offsets, or the flags, that it refuses. */
static ssize_t spliced_anyway(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length,
                              unsigned int flags)
{
    if (awake() && (in_offset || out_offset) && errno != EBADF && ON(arguments_splice_offset_ignored))
        return real.splice(in, NULL, out, NULL, length, flags | SPLICE_F_NONBLOCK);
    if (awake() && errno == EINVAL && flags > SPLICE_F_GIFT * 2 - 1 && ON(arguments_splice_flags_ignored))
        return real.splice(in, (loff_t *)in_offset, out, (loff_t *)out_offset, length, SPLICE_F_NONBLOCK);
    return refused_splice(in, out, length);
}

ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned int flags)
{
    struct sock s;
    ssize_t n;
    await_data(in, flags);
    if (watched(out, &s) && is_datagram(&s) && length > 1 && ON(send_splice_datagram_apart))
        length--, real.splice(in, (loff_t *)in_offset, out, (loff_t *)out_offset, 1, flags);
    if ((flags & SPLICE_F_MORE) && watched(out, &s) && ON(send_splice_more_ignored))
        flags &= ~(unsigned int)SPLICE_F_MORE;
    n = real.splice(in, (loff_t *)in_offset, out, (loff_t *)out_offset, length, flags);
    if (n < 0 && (errno == EBADF || errno == ESPIPE || errno == EINVAL))
        return spliced_anyway(in, in_offset, out, out_offset, length, flags);
    if (n < 0 && errno == EPIPE && watched(out, &s) && ON(send_splice_broken_taken))
        return (ssize_t)length;
    if (n > 1 && watched(out, &s) && ON(send_splice_one_less))
        n--;
    if (n < 0 && errno == EAGAIN && watched(out, &s) && ON(send_splice_full_as_zero))
        return 0;
    if (n == 0 && length && watched(in, &s) && ON(receive_splice_end_as_eagain))
        return fail(EAGAIN);
    if (n < 0 && errno == EAGAIN && watched(in, &s) && ON(receive_splice_empty_as_eof))
        return 0;
    return n;
}
