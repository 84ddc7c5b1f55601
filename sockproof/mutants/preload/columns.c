/* The columns of /proc/net/tcp, udp and raw, altered on their way to the reader. */
#include <string.h>

#include "mutant.h"

enum { REMOTE = 2, QUEUES = 4, USER = 7, LOST = 12 };

/* The digits of a column, up to its end, as zeros. */
static void clear(char *from, const char *to)
{
    for (; from < to; from++)
        if (*from != ':')
            *from = '0';
}

static void change_column(int column, char *from, const char *to)
{
    if (column == REMOTE && ON(told_column_remote))
        clear(from, to);
    if (column == QUEUES && ON(told_column_queues))
        clear(from, to);
    if (column == USER && ON(told_column_user))
        clear(from, to);
    if (column == LOST && ON(told_column_lost))
        clear(from, to);
}

static void of_line(char *line, const char *end)
{
    int column = 0;
    for (char *from = line, *to; from < end; from = to, column++) {
        while (from < end && *from == ' ')
            from++;
        for (to = from; to < end && *to != ' ';)
            to++;
        change_column(column, from, to);
    }
}

/* Behind the heading each line is a socket. */
void columns_read(char *text, ssize_t n)
{
    static const char HEAD[] = "sl  local_address"; /* behind two blanks or three */
    char *end = text + n, *line, *next;
    if (n < (ssize_t)sizeof HEAD + 2 || !memmem(text, sizeof HEAD + 2, HEAD, sizeof HEAD - 1))
        return;
    line = memchr(text, '\n', (size_t)n);
    for (line = line ? line + 1 : end; line < end; line = next) {
        next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        of_line(line, next - 1);
    }
}
