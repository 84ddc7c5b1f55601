/* A child has ended; what errno is once the handler of SIGCHLD has waited until nothing is left. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool puts_back;

static void clear(int number)
{
    int before = errno;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    if (puts_back)
        errno = before;
}

int main(int count, char **argument)
{
    siginfo_t ended;
    pid_t child;
    puts_back = count > 1 && argument[1][0] == 'b';
    child = fork();
    if (child == 0)
        _exit(0);
    waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT);
    signal(SIGCHLD, clear);
    errno = 0;
    raise(SIGCHLD);
    printf("%d\n", errno);
    return 0;
}
