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
_libc.signal.argtypes, _libc.signal.restype = (ctypes.c_int, _Handler), ctypes.c_void_p


class _Timer(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_long) for name in ("again", "again_us", "first", "first_us"))


class LastResort:
    """The strike at the process that makes it. `ending` leaves what was found, once anybody knows how."""

    def __init__(self, out: str | None) -> None:
        self.out, self.began, self._strikes = out, time.time_ns(), 0
        self.ending: Callable[[str], int] | None = None
        self._handler = _Handler(self._strike)  # kept: the C library has its address only

    def stand_by(self) -> None:
        """From now on it strikes, unless it is put off."""
        _libc.signal(signal.SIGALRM, self._handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        self.put_off()

    def put_off(self) -> None:
        """The command goes on."""
        self._set(AFTER)

    def leave(self) -> None:
        """From now on whoever is waited for has bounds of their own."""
        self._set(0)

    def _set(self, seconds: int) -> None:
        self._strikes = 0
        _libc.setitimer(signal.ITIMER_REAL, ctypes.byref(_Timer(AGAIN, 0, seconds, 0)), None)

    def look_after(self, ending: Callable[[str], int]) -> None:
        """Somebody looks after the command, and knows how to leave what was found."""
        self.ending = ending
        self.put_off()

    def _strike(self, _: int) -> None:
        self._strikes += 1
        if self._strikes < 2:
            return
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})  # what is done now may not come back either
        sentence = f"the command did not come back {_where()}for {AFTER} s, and was ended"
        if self.ending is not None and self._strikes == 2:
            os._exit(self.ending(sentence))
        self._leave_bare(sentence)

    def _leave_bare(self, sentence: str) -> None:
        """Ends the process with what four system calls can do."""
        try:
            os.write(2, f"sockproof: error: {sentence}.\n".encode())
            path = self.out or time.strftime("sockproof-results/%Y-%m-%dT%H-%M-%SZ", time.gmtime())
            for place in (path[:slash] for slash in range(1, len(path) + 1) if path[slash : slash + 1] in ("/", "")):
                with suppress(FileExistsError):
                    os.mkdir(place)
            self._write(f"{path}/results.json", sentence)
        finally:
            os._exit(INTERNAL)

    def _write(self, path: str, sentence: str) -> None:
        with suppress(FileNotFoundError):
            if os.stat(path).st_mtime_ns > self.began:
                return  # the run had left its results, or the command has
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, bare(sentence, self.began).encode())


def bare(sentence: str, began: int, status: int = INTERNAL) -> str:
    """The text of results.json that says why nothing was found."""
    about, run = os.uname(), time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime(began // 10**9))
    kernel = f"{about.sysname} {about.release} {about.version}"
    told = {"id": run, "started": began, "sockproof": __version__, "finished": time.time_ns(), "exit_code": status,
            "refused": sentence}  # fmt: skip
    target = {"name": "host", "kernel": kernel, "machine": about.machine, "python": sys.version.split()[0]}
    return json.dumps({"schema": "sockproof-results", "version": SCHEMA_VERSION, "run": told, "target": target,
                       **{name: [] for name in EMPTY}})  # fmt: skip


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
