/* What /proc tells of descriptors and sockets, altered on its way to the reader. */
#include <string.h>

#include "mutant.h"

/* The place behind `label` from `from` on; NULL where it is not there. */
static char *behind(char *from, const char *end, const char *label)
{
    char *found = memmem(from, (size_t)(end - from), label, strlen(label));
    return found ? found + strlen(label) : NULL;
}

static void turn_digit(char *place) { *place = *place == '1' ? '2' : '1'; }

/* /proc/PID/fdinfo of an epoll instance. */
static void of_epoll(char *text, const char *end)
{
    char *line = behind(text, end, "tfd:"), *at;
    if (line && (at = behind(line, end, "data: ")) && end - at > 8 && ON(told_epoll_data))
        memset(at, '0', 8);
    if (line && (at = behind(line, end, "events: ")) && end - at > 8 && ON(told_epoll_events))
        turn_digit(at + 7);
}

/* /proc/PID/fdinfo of a UNIX socket. */
static void of_socket(char *text, const char *end)
{
    char *count = behind(text, end, "scm_fds: ");
    if (count && count < end && *count != '0' && ON(shown_fdinfo_none))
        *count = '0';
}

/* A row of /proc/net/unix: columns of a fixed width behind the first colon. */
enum { FLAGS = 18, TYPE = 27, STATE = 32, NAME = 34 };

static void of_row(char *row, char *end)
{
    char *name = NULL;
    if (end - row <= NAME)
        return;
    if (row[FLAGS + 3] == '1' && ON(shown_table_flags))
        row[FLAGS + 3] = '0';
    if (ON(shown_table_type))
        row[TYPE + 3] = '9';
    if (row[STATE + 1] == '3' && ON(shown_table_state))
        row[STATE + 1] = '1';
    name = memmem(row, (size_t)(end - row), "@@", 2);
    if (name && ON(shown_table_null))
        name[0] = name[1] = ' ';
}

static void of_table(char *text, char *end)
{
    for (char *line = text, *next; line < end; line = next) {
        char *colon;
        next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        colon = memmem(line, (size_t)(next - line), ": ", 2);
        if (colon)
            of_row(colon + 2, next);
    }
}

/* /proc/net/protocols: the third column. */
static void of_protocols(char *text, char *end)
{
    for (char *line = text, *next; line < end; line = next) {
        next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        for (char *at = line + 15; at < line + 22 && at < next; at++)
            if (*at >= '1' && *at <= '9' && ON(told_protocols_none))
                *at = '0';
    }
}

void told_read(char *text, ssize_t n)
{
    static const char PROTOCOLS[] = "protocol  size sockets";
    static const char HEAD[] = "Num       RefCount Protocol Flags    Type St Inode Path\n";
    if (n <= 0)
        return;
    columns_read(text, n);
    if ((size_t)n > sizeof PROTOCOLS && memcmp(text, PROTOCOLS, sizeof PROTOCOLS - 1) == 0)
        of_protocols(text + sizeof PROTOCOLS - 1, text + n);
    of_epoll(text, text + n);
    of_socket(text, text + n);
    if ((size_t)n > sizeof HEAD && memcmp(text, HEAD, sizeof HEAD - 1) == 0)
        of_table(text + sizeof HEAD - 1, text + n);
}
