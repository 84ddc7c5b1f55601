"""Datagrams one by one and in batches, sent by a few lines of C: in Python the calls themselves would cost most."""

from __future__ import annotations

import ctypes
import socket
from contextlib import suppress
from pathlib import Path
from socket import MSG_DONTWAIT

from conformance.programs.performance.measuring import Measure
from conformance.programs.process_models.programs import compiled
from fixtures.evidence.recorder import RecordedSocket

SOURCE = """
#define _GNU_SOURCE
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { COUNT = 64 };

static double spent(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double one_by_one(int fd)
{
    double began = spent();
    for (int i = 0; i < COUNT; i++)
        send(fd, "x", 1, 0);
    return spent() - began;
}

double in_a_batch(int fd)
{
    struct iovec byte = {"x", 1};
    struct mmsghdr messages[COUNT];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < COUNT; i++) {
        messages[i].msg_hdr.msg_iov = &byte;
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    double began = spent();
    sendmmsg(fd, messages, COUNT, 0);
    return spent() - began;
}
"""


def ways(folder: Path, sender: RecordedSocket, receiver: RecordedSocket) -> list[Measure]:
    """Measures the processor time of 64 datagrams one by one, and of as many in a batch."""
    done = compiled(folder, SOURCE, "-O1", "-shared", "-fPIC")
    assert done.returncode == 0, done.stderr
    library = ctypes.CDLL(str(folder / "program"))

    def measure(name: str) -> Measure:
        send = getattr(library, name)
        send.restype = ctypes.c_double
        return lambda: (float(send(sender.fileno())), drain(receiver))[0]

    return [measure("one_by_one"), measure("in_a_batch")]


def drain(receiver: RecordedSocket) -> None:
    """Takes out what has arrived."""
    with suppress(BlockingIOError):
        while True:
            socket.socket.recv(receiver, 1, MSG_DONTWAIT)
