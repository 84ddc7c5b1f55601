"""Starts one process and waits for it, so that an interrupt reaches it exactly once.

Ctrl-C at a terminal goes to every process of the foreground group, the child included; a signal that a program sends
reaches this process alone. In the second case it is handed on, as SIGINT, for which pytest ends its run and
writes what it has. Two at once would break off that writing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sockproof.silence import Silence

PR_SET_PDEATHSIG = 1
"""Of prctl(2)."""
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Attendant(Protocol):
    """Who looks after a child that takes long. Interrupts reach the child by way of it only."""

    def look(self) -> None:
        """The child still runs; told about once a second."""

    def interrupted(self) -> bool:
        """Whether an interrupt is seen to already, so that the child does not get it."""


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    orphaned: signal.Signals = signal.SIGINT,
    silence: Silence | None = None,
    attendant: Attendant | None = None,
    beat: Callable[[], None] = lambda: None,
) -> tuple[int, bool]:
    """The return code of `command`, negative for a signal, and whether an interrupt came while it ran.

    Should this process be killed, the child gets the signal `orphaned`; a `silence` that is too long ends it, and all
    that it has started. While it is attended to, `beat` is called every second. Raises OSError if it cannot be started.
    """
    from fixtures.stage.process import make_clean  # installed, on the path only once the command has begun

    make_clean()
    ignored = {name for name in ENDING if signal.getsignal(name) is signal.SIG_IGN}  # by nohup, or a shell's "&"
    attended = {*ENDING, signal.SIGCHLD} - ignored
    before = signal.pthread_sigmask(signal.SIG_BLOCK, attended)
    # Whoever ignores a terminal's Ctrl-C has a child that must not hear it either, but must hear what is handed on.
    shared = attendant is None and in_foreground() and signal.SIGINT not in ignored
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the other thread (sockproof.guard) holds nothing
            child = subprocess.Popen(
                command,
                env=dict(environment),
                # Where no terminal sends Ctrl-C, a group of its own keeps signals to our group from arriving twice.
                process_group=None if shared else 0,
                preexec_fn=lambda: prepare(before, orphaned),
            )
        return attend(child, attended, shared, silence, attendant, beat)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def prepare(mask: set[int | signal.Signals], orphaned: signal.Signals) -> None:
    """In the child, before it becomes the command: our signals, and the one that it gets should we be killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # inherited as ignored it would stay so, and nothing end the run
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(orphaned), 0, 0, 0)


def in_foreground() -> bool:
    """Whether a terminal would send its Ctrl-C to this process's group."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)


LOOK = 1.0
"""Seconds between two looks at the child, for a kernel that does not tell of its end (SIGCHLD)."""


def attend(
    child: subprocess.Popen[bytes],
    attended: set[signal.Signals],
    shared: bool,
    silence: Silence | None = None,
    attendant: Attendant | None = None,
    beat: Callable[[], None] = lambda: None,
) -> tuple[int, bool]:
    """Wait for the end of `child`, and hand on the signals that did not reach it; as `run`."""
    from fixtures.evidence.signals import taken
    from sockproof.silence import end_tree

    interrupts = 0
    while True:
        beat()
        arrived = taken(attended, LOOK)
        if arrived is None or arrived.si_signo == signal.SIGCHLD:
            if child.poll() is not None:
                return child.returncode, interrupts > 0
            if silence is not None and silence.look(child.pid):
                end_tree(child.pid)
            if attendant is not None:
                attendant.look()
            continue
        if attendant is not None and attendant.interrupted():
            continue
        interrupts += 1
        sent_by_program = arrived.si_code <= 0
        if sent_by_program or not shared:
            # Whoever asks again wants the end now, with or without a report.
            child.send_signal(signal.SIGINT if interrupts == 1 else signal.SIGTERM)
