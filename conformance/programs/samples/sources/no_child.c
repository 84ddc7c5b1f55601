/* Linked to a sample that is to get no child: fork() as it is where no process may be added (ld, --wrap). */
#include <errno.h>
#include <sys/types.h>

pid_t __wrap_fork(void)
{
    errno = EAGAIN;
    return -1;
}
