"""Ends a command that is stuck where no thread of it can act: what Python keeps its lock in, and what it imports.

A signal interrupts such a call too. Its handler is the C library's, by way of ctypes: it runs whether or not the
interpreter comes back, and may run Python, since the thread that it interrupts has the lock or waits for nobody who has
it. Whoever goes on puts the strike off (`put_off`); the second in a row means that nobody did, for a process
that was stopped gets one as it wakes up. docs/decisions/0295 has the reasons. Imports as little as it can.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from sockproof import __version__

AFTER = 90
"""Seconds that nobody has put the strike off: half as much again as a thread of the command gives another."""
AGAIN = 10
"""Seconds between two strikes."""
SCHEMA_VERSION = 1
"""As in reports.record, which cannot be imported before it is known where the suite is."""
INTERNAL = 3
"""The exit status; sockproof.errors has more to import."""
EMPTY = ("claims", "instances", "documents", "statements", "areas", "standards")
"""What bare results have none of."""

_libc = ctypes.CDLL(None)
_Handler = ctypes.CFUNCTYPE(None, ctypes.c_int)
_set_handler = getattr(_libc, "sysv_signal", _libc.signal)
"""That of System V blocks nothing while the handler runs, for what that does may not come back either."""
_set_handler.argtypes, _set_handler.restype = (ctypes.c_int, _Handler), ctypes.c_void_p


class _Timer(ctypes.Structure):
    """What setitimer(2) takes in microseconds, and timer_settime(2) in nanoseconds: of both there are none here."""

    _fields_ = tuple((name, ctypes.c_long) for name in ("again", "again_rest", "first", "first_rest"))


class LastResort:
    """The strike at the process that makes it. `ending` leaves what was found, once anybody knows how."""

    def __init__(self, out: str | None) -> None:
        self.out, self.began, self._strikes = out, time.time_ns(), 0
        self.ending: Callable[[str], int] | None = None
        self._handler = _Handler(self._strike)  # kept: the C library has its address only
        self._timer = ctypes.c_void_p()
        self._has_timer = hasattr(_libc, "timer_create") and not _libc.timer_create(
            time.CLOCK_MONOTONIC, None, ctypes.byref(self._timer)
        )

    def stand_by(self) -> None:
        """From now on it strikes, unless it is put off."""
        _set_handler(signal.SIGALRM, self._handler)
        self.put_off()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})

    def put_off(self) -> None:
        """The command goes on."""
        self._set(AFTER)

    def leave(self) -> None:
        """From now on whoever is waited for has bounds of their own."""
        self._set(0)

    def _set(self, seconds: int) -> None:
        self._strikes, value = 0, _Timer(AGAIN, 0, seconds, 0)
        if self._has_timer:  # one that nobody else sets, as where a process is made clean
            _libc.timer_settime(self._timer, 0, ctypes.byref(value), None)
        else:
            _libc.setitimer(signal.ITIMER_REAL, ctypes.byref(value), None)

    def look_after(self, ending: Callable[[str], int]) -> None:
        """Somebody looks after the command, and knows how to leave what was found."""
        self.ending = ending
        self.put_off()

    def _strike(self, _: int) -> None:
        _set_handler(signal.SIGALRM, self._handler)
        self._strikes += 1
        if self._strikes < 2:
            return
        sentence = f"the command did not come back {_where()}for {AFTER} s, and was ended"
        if self.ending is not None and self._strikes == 2:
            os._exit(self.ending(sentence))
        if self._strikes <= 3:
            os.write(2, f"sockproof: error: {sentence}.\n".encode())
        try:
            self.leave_bare(sentence, known=self._strikes <= 3)
        finally:
            os._exit(INTERNAL)

    def leave_bare(self, sentence: str, *, known: bool = True) -> None:
        """Leaves results that only say why there are none, unless there are some, with what few system calls can do."""
        path = self.out or time.strftime("sockproof-results/%Y-%m-%dT%H-%M-%SZ", time.gmtime())
        try:
            self._write(f"{path}/results.json", sentence, known=known)
        except FileNotFoundError:
            for place in (path[:slash] for slash in range(1, len(path) + 1) if path[slash : slash + 1] in ("/", "")):
                with suppress(FileExistsError):
                    os.mkdir(place)
            self._write(f"{path}/results.json", sentence, known=known)

    def _write(self, path: str, sentence: str, *, known: bool) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        about, head = os.fstat(descriptor), os.read(descriptor, 200)
        if not head or (about.st_mtime_ns <= self.began and b'"sockproof-results"' in head):
            os.ftruncate(descriptor, 0)
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, bare(sentence, self.began, known=known).encode("utf-8", "backslashreplace"))
        os.close(descriptor)


def bare(sentence: str, began: int, status: int = INTERNAL, *, known: bool = True) -> str:
    """The text of results.json that says why nothing was found; of the kernel nothing where it is not `known`."""
    run = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime(began // 10**9))
    kernel, machine = _kernel() if known else ("unknown", "unknown")
    told = {"id": run, "started": began, "sockproof": __version__, "finished": time.time_ns(), "exit_code": status,
            "refused": sentence}  # fmt: skip
    target = {"name": "host", "kernel": kernel, "machine": machine, "python": sys.version.split()[0]}
    return json.dumps({"schema": "sockproof-results", "version": SCHEMA_VERSION, "run": told, "target": target,
                       **{name: [] for name in EMPTY}})  # fmt: skip


def _kernel() -> tuple[str, str]:
    try:
        about = os.uname()
    except OSError:
        return "unknown", "unknown"
    return f"{about.sysname} {about.release} {about.version}", about.machine


def _where() -> str:
    """The innermost function of ours or of Python's that the strike has interrupted: ``from os.listdir ``."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return f"from {frame.f_globals.get('__name__')}.{frame.f_code.co_name}() "


def out_of(arguments: Sequence[str]) -> str | None:
    """The folder that is asked for, before anybody has parsed the arguments."""
    for before, word in zip(["", *arguments], arguments, strict=False):
        if before == "--out":
            return word
        if word.startswith("--out="):
            return word.partition("=")[2]
        if word == "--":
            break
    return None


_standing: list[LastResort] = []


def stand_by(arguments: Sequence[str]) -> None:
    """Looks after this process from now on, where it is to run something."""
    if arguments[:1] == ["run"]:
        _standing[:] = [LastResort(out_of(arguments))]
        _standing[0].stand_by()


def standing() -> LastResort | None:
    """Who looks after this process, if anybody does."""
    return _standing[0] if _standing else None
