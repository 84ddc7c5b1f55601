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

void told_read(char *text, ssize_t n)
{
    if (n > 0)
        of_epoll(text, text + n);
}
