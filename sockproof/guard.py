"""The command's own calls are bounded as well: a second thread ends a run from whose first none comes back any more.

Nobody stands outside of the command who could look. It shows that it goes on by beats, or by the processor's time that
it takes; a call that never returns gives neither. docs/decisions/0205 has the reasons.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from fixtures.evidence.patience import GENEROUS, USUAL
from fixtures.evidence.waiting import pause
from sockproof import last_resort
from sockproof.silence import STANDSTILL, descendants

LONGEST = 60.0 * max(1.0, GENEROUS / USUAL)
"""Seconds in which the command shows that it goes on; while it waits for its child it does so every second."""
LOOK = 1000
"""Milliseconds between two looks."""
FEW = 16
"""Processes and threads that a user may have, below which none can be spared for looking."""


class Guard:
    """Looks after the thread that makes it while the block runs, and ends the process by `ending` if it is stuck."""

    def __init__(self, ending: Callable[[str], int], longest: float = LONGEST) -> None:
        self.ending, self.longest = ending, longest
        self._thread, self._watched = threading.get_native_id(), threading.get_ident()
        self._over, self._ends, self._last_resort = False, False, last_resort.standing()
        self.beat()

    def __enter__(self) -> Guard:
        thread = threading.Thread(target=self._watch, name="sockproof-guard", daemon=True)
        ours = signal.valid_signals() - {signal.SIGALRM}  # which may have to end this very call
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ours)  # they are for the first thread
        with suppress(RuntimeError):  # no room for another thread: then nobody looks
            if not 0 <= resource.getrlimit(resource.RLIMIT_NPROC)[0] < FEW:
                thread.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()

    def beat(self) -> None:
        """The command goes on; not any more where it is ended already, because it came back too late."""
        if self._ends:
            threading.Event().wait()
        self._shown = time.monotonic()

    def leave(self) -> None:
        """From now on whoever is waited for has bounds of their own."""
        self.beat()
        self._over = True
        if self._last_resort is not None:
            self._last_resort.leave()

    def _watch(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        looked, ran = time.monotonic(), self._ran()
        while not self._over:
            pause(LOOK)
            now, runs = time.monotonic(), self._ran()
            stood = now - looked > STANDSTILL
            if runs != ran or stood:
                self.beat()
            if self._last_resort is not None and not stood:  # else this look may be owed to a strike alone
                self._last_resort.look_after(self.ending)
            looked, ran = now, runs
            if now - self._shown > self.longest and not self._over:
                self._end()
        if self._last_resort is not None:
            self._last_resort.leave()  # once more: it may just have been put off, though nobody looks after it any more

    def _ran(self) -> tuple[bytes, ...]:
        """How long the first thread has run, and waited for a processor (schedstat); nothing where that is not told."""
        try:
            with open(f"/proc/self/task/{self._thread}/schedstat", "rb") as file:
                return tuple(file.read().split()[:2])
        except OSError:
            return ()

    def _end(self) -> None:
        """Kills what the command has started, leaves what it had found, and ends the process."""
        status, self._ends = 3, True
        try:
            for each in descendants(os.getpid()):
                with suppress(OSError):
                    os.kill(each, signal.SIGKILL)
            status = self.ending(f"the command did not come back {self._where()}for {self.longest:g} s, and was ended")
        finally:
            os._exit(status)

    def _where(self) -> str:
        """The innermost function of the first thread: ``from subprocess._try_wait ``."""
        frame = sys._current_frames().get(self._watched)
        return f"from {frame.f_globals.get('__name__')}.{frame.f_code.co_name}() " if frame else ""
