"""Diagnostic programs run inside the scenario's namespace, and what they print of a connection."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.verdicts import Deviation
from fixtures.evidence.waiting import GENEROUS


def printed(*command: str) -> str:
    """What a program writes to standard output. Raises Deviation where it does not end or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GENEROUS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Deviation(f"expected  {command[0]} to end\nwithin    {GENEROUS:g} s\nobserved  still running") from error
    if done.returncode:
        raise Deviation(f"expected  {command[0]} to succeed\nobserved  {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def port(end: RecordedSocket) -> int:
    """The port to which `end` is bound."""
    return int(end.getsockname()[1])


def states(text: str, number: int) -> list[str]:
    """The states in the lines of ``ss -n`` whose local address has this port."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return sorted(row[0] for row in rows if len(row) > 3 and row[3].endswith(f":{number}"))


def details(text: str, number: int) -> str:
    """The line that ``ss -ni`` prints below the socket whose local address has this port."""
    lines = text.splitlines()
    places = [at for at, line in enumerate(lines) if line.split()[3:4] and line.split()[3].endswith(f":{number}")]
    return lines[places[0] + 1] if places else ""


def figure(details: str, name: str) -> str:
    """The figure behind ``name:`` in the details of ``ss -i``; empty where there is none."""
    found = re.search(rf"(?:^|\s){name}:(\S+)", details)
    return found[1] if found else ""


@contextmanager
def tcpdump(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """tcpdump(8) at work from the beginning of the block; killed at its end if it has not ended by itself."""
    # -Z root: where a user namespace maps one user only, there is nobody else to become.
    command = ["tcpdump", "-Z", "root", "-nn", "-l", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            await_listening(running)
            yield running
        finally:
            running.kill()


def await_listening(running: subprocess.Popen[str]) -> None:
    """Returns when the program has said that it captures. Raises Deviation where it ends instead."""
    assert running.stderr is not None
    said: list[str] = []
    while line := running.stderr.readline():
        said.append(line)
        if line.startswith(("listening on", "tcpdump: listening on")):
            return
    raise Deviation(f"expected  tcpdump to capture\nobserved  {''.join(said).strip()}")


def written_by(running: subprocess.Popen[str]) -> str:
    """What the program writes to standard output until it ends. Raises Deviation where it goes on."""
    try:
        return running.communicate(timeout=GENEROUS)[0]
    except subprocess.TimeoutExpired as error:
        raise Deviation(f"expected  tcpdump to end\nwithin    {GENEROUS:g} s\nobserved  still running") from error
