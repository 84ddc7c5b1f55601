"""What runs inside a target: makes a place to stand, starts pytest, and says when it began and how it ended.

It is started with the path of its order, a JSON file:

    token        begins the two lines that are meant for the other side: ``TOKEN hello SECONDS``, with
                 the patience of this run, and ``TOKEN status 0``
    command      pytest's command line
    environment  all of its environment
    folder       the current folder
    setup        what must be done before: see `Setup`
    patience     seconds on a machine of the usual speed, multiplied by the factor of this one
    path         where the suite lies

As the first process of a kernel (``setup.init``) it mounts what a system has mounted, reaps, and switches off in the
end. Nothing is imported but the standard library, and little of the suite.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

SIOCSIFFLAGS, SIOCGIFFLAGS = 0x8914, 0x8913
IFF_UP = 0x1
MS_BIND = 4096
REBOOT_OFF = 0x4321FEDC
PATIENCE = "SOCKPROOF_PATIENCE"
SYSTEM = (
    ("proc", "proc", "/proc", ""),
    ("sysfs", "sys", "/sys", ""),
    ("devtmpfs", "dev", "/dev", ""),
    ("tmpfs", "run", "/run", "mode=755"),
    ("tmpfs", "tmp", "/tmp", "mode=1777"),
    ("devpts", "devpts", "/dev/pts", ""),
    ("tmpfs", "shm", "/dev/shm", "mode=1777"),
)
"""What the first process mounts: type, source, place, data."""


def main(order: Mapping[str, Any]) -> int:
    """Do what the order says; pytest's exit status."""
    sys.path.insert(0, order["path"])
    for prepare in (mounted, loaded, made, loopback_up, hushed):
        prepare(order["setup"])
    os.chdir(order["folder"])
    environment = patient(order)
    say(order, f"hello {environment[PATIENCE]}")
    status = run(order["command"], environment)
    say(order, f"status {status}")
    return status


def say(order: Mapping[str, Any], words: str) -> None:
    """Say a line to the other side."""
    os.write(1, f"{order['token']} {words}\n".encode())


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit status of the command, 128 and more for one that was killed. Orphans that end meanwhile are reaped."""
    child = subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    while True:
        pid, status = os.wait()
        if pid == child.pid:
            code = child.returncode = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def patient(order: Mapping[str, Any]) -> dict[str, str]:
    """The environment for pytest: how patient it is, and how fast this machine is, as it was measured here."""
    environment = dict(order["environment"])
    from fixtures.run import speed

    factor = speed.factor()
    told = {**json.loads(environment.get("SOCKPROOF_TARGET", "{}")), "speed": factor}
    environment["SOCKPROOF_TARGET"] = json.dumps(told)
    environment.setdefault(PATIENCE, f"{order['patience'] * max(1.0, factor or 1.0):g}")
    return environment


def mounted(setup: Mapping[str, Any]) -> None:
    """As the first process: the file systems of a system, and those that the order names. Raises OSError."""
    if not setup.get("init"):
        return
    hidden = {path: os.open(path, os.O_PATH) for path in setup.get("seen", ()) if path.startswith(("/run/", "/tmp/"))}
    for kind, source, place, data in SYSTEM:
        with suppress(OSError):  # a kernel may have mounted /dev itself
            os.makedirs(place, exist_ok=True)
            mount(source, place, kind, 0, data)
    with suppress(OSError):
        os.symlink("/proc/self/fd", "/dev/fd")
    for path, descriptor in hidden.items():
        make_place(path, stat.S_ISDIR(os.fstat(descriptor).st_mode))
        mount(f"/proc/self/fd/{descriptor}", path, "", MS_BIND)
        os.close(descriptor)
    for kind, source, place, flags, data in setup.get("mounts", ()):
        os.makedirs(place, exist_ok=True)
        mount(source, place, kind, flags, data)


def make_place(path: str, is_folder: bool) -> None:
    """An empty folder or file, on which another can be mounted. Raises OSError."""
    os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)
    if not is_folder:
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC))


def mount(source: str, place: str, kind: str, flags: int = 0, data: str = "") -> None:
    """mount(2). Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), place.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode()) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount {kind} on {place}: {os.strerror(number)}")


def loaded(setup: Mapping[str, Any]) -> None:
    """The kernel's modules where the order says that they lie, now and when the kernel asks for one later."""
    where = setup.get("modules")
    if not where:
        return
    from sockproof.targets import modules

    folder = f"{where}/{os.uname().release}"
    helper = Path("/run/modprobe")
    helper.write_text(f'#!/bin/sh\nexec {sys.executable} -P {modules.__file__} {folder} "$@"\n', "ascii")
    helper.chmod(0o755)
    with suppress(OSError):
        Path("/proc/sys/kernel/modprobe").write_text(str(helper), "ascii")
    modules.load(folder, setup.get("load", ()))


def made(setup: Mapping[str, Any]) -> None:
    """The folders that the order names."""
    for folder in setup.get("folders", ()):
        os.makedirs(folder, exist_ok=True)


def loopback_up(setup: Mapping[str, Any]) -> None:
    """The loopback, in a network that is the target's own; where that is not permitted, as it is."""
    if not setup.get("loopback"):
        return
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        name = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("H", fcntl.ioctl(asker, SIOCGIFFLAGS, name), 16)[0]
        if not flags & IFF_UP:
            fcntl.ioctl(asker, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def hushed(setup: Mapping[str, Any]) -> None:
    """As the first process: from now on the kernel's messages stay in its log, but for that of its end.

    What scenarios ask of it on purpose would stand between the dots of the progress.
    """
    if setup.get("init"):
        with suppress(OSError):
            Path("/proc/sys/kernel/printk").write_text("1", "ascii")


def switch_off() -> None:
    """End the kernel whose first process this is."""
    os.sync()
    ctypes.CDLL(None).reboot(REBOOT_OFF)


def told(work: Callable[[], int]) -> int:
    """The status of `work`, or 3 with one sentence about what went wrong before pytest began."""
    try:
        return work()
    except OSError as error:
        print(f"sockproof inside: {error}", flush=True)
        return 3


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    ended = told(lambda: main(given))
    if given["setup"].get("init"):
        switch_off()
    sys.exit(ended)
