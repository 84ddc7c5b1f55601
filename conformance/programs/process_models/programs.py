"""Small C programs of our own, and the machine's compiler."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.verdicts import Deviation
from fixtures.evidence.waiting import GENEROUS

MISSPELT = """
#include <sys/socket.h>
#include <netinet/in.h>

int take(int listener)
{
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    (void)from_len;
    return accept(listener, (struct sockaddr *)&from, &fromlen);
}
"""
"""A name that was declared with an underscore is used without."""

ECHO = """
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *own)
{
    char bytes[256];
    int fd = *(int *)own;
    free(own);
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n > 0)
        send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

int main(int count, char **argument)
{
    int listener = atoi(argument[1]), clients = count > 2 ? atoi(argument[2]) : 1;
    pthread_t threads[64];
    for (int i = 0; i < clients; i++) {
        int *own = malloc(sizeof *own);
        *own = accept(listener, NULL, NULL);
        if (*own < 0 || pthread_create(&threads[i], NULL, serve, own) != 0)
            return 1;
    }
    for (int i = 0; i < clients; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
"""
"""Takes the clients of the listener that it inherits, and echoes one message of each in a thread of its own."""


def compiled(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """How the compiler ended on that program, for which it writes ``program`` in `folder`."""
    source = folder / "program.c"
    source.write_text(text, encoding="ascii")
    command = [shutil.which("cc") or "cc", *options, "-o", str(folder / "program"), str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": _path(), "LC_ALL": "C"})


def _path() -> str:
    return "/usr/local/bin:/usr/bin:/bin"


@contextmanager
def serving(folder: Path, listener: RecordedSocket, clients: int) -> Iterator[subprocess.Popen[bytes]]:
    """The program in `folder`, which inherits the listener; killed when the block is left, if it still runs."""
    number = listener.fileno()
    server = subprocess.Popen([str(folder / "program"), str(number), str(clients)], pass_fds=[number])
    try:
        yield server
    finally:
        server.kill()
        server.wait()


def status(program: subprocess.Popen[bytes]) -> int:
    """The exit status of the program once it has ended. Raises Deviation where it goes on."""
    try:
        return program.wait(GENEROUS)
    except subprocess.TimeoutExpired:
        raise Deviation(f"expected  the program to end\nwithin    {GENEROUS:g} s\nobserved  still running") from None
