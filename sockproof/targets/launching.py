"""Starts the process that is, or holds, a target, so that it cannot outlive this one."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from sockproof.targets import TargetError

PR_SET_PDEATHSIG = 1
"""Of prctl(2)."""
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "COLUMNS")
"""Variables that a target gets beside those that begin with one of `OURS`: secrets of this machine stay on it."""
OURS = ("SOCKPROOF_", "HYPOTHESIS_")


@contextmanager
def launched(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    hold: Sequence[int] = (),
    stdin: int = subprocess.DEVNULL,
    grace: float = 0.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """A running `command`, its output in a pipe, killed when the block ends. Raises TargetError.

    With `grace` it gets SIGTERM before, and so many seconds to clean up.

    It is in a session of its own, so that Ctrl-C at a terminal reaches it by our hand only, and is killed with us.
    """
    orphaned = signal.SIGTERM if grace else signal.SIGKILL
    try:
        process = subprocess.Popen(
            command, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=hold, start_new_session=True, preexec_fn=lambda: _bound_to_us(orphaned),
        )  # fmt: skip
    except OSError as error:
        raise TargetError(f"{command[0]} cannot be started: {error.strerror}.") from error
    try:
        yield process
    finally:
        if grace and process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(grace)
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@contextmanager
def caretaker(folder: str) -> Iterator[None]:
    """While the block runs, a process of its own removes `folder` should this one be killed."""
    words = ["sh", "-c", 'read -r said || exec rm -rf -- "$0"', folder]
    with subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True) as process:
        try:
            yield
        finally:
            process.communicate(b"all is well\n")


def _bound_to_us(orphaned: signal.Signals) -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(name, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(orphaned), 0, 0, 0)


def passed_on() -> dict[str, str]:
    """What of this process's environment a target gets that stands on this machine's files."""
    return {**{name: os.environ[name] for name in PASSED_ON if name in os.environ}, **ours()}


def ours() -> dict[str, str]:
    """What of this process's environment is meant for the suite."""
    return {name: value for name, value in os.environ.items() if name.startswith(OURS)}


def enclosed(command: Sequence[str], *, network: bool = False) -> list[str]:
    """`command` as the first of process and mount namespaces of its own: when it is killed, all that it started ends.

    With `network` the network is its own too. Where a user may not have that, a user namespace makes it so.
    """
    program = shutil.which("unshare")
    if program is None:
        raise TargetError("unshare is not on PATH; install util-linux.")
    more = ["--net"] if network else []
    more += [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return [program, *more, "--pid", "--fork", "--kill-child=KILL", "--mount", "--mount-proc", "--", *command]


def finished(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """As `fixtures.stage.finished.finished`: a program that has ended, or was ended. Raises OSError."""
    from fixtures.stage import finished as programs  # on the path only once the command has begun

    return programs.finished(command)


def first_line(command: Sequence[str]) -> str | None:
    """The first line that a program says of its version; None where it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines and done.returncode == 0 else None
