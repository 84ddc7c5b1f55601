"""The exit statuses of the command, and the error that ends it with a sentence."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What each exit status means; docs/command.md says the same to users."""

    EXPECTED = 0
    """Nothing unexpected."""
    UNEXPECTED = 1
    """Unexpected verdicts, or nothing was decided; for ``doctor``, something cannot be decided here."""
    USAGE = 2
    """The command was asked for something that cannot be: an unknown id, a folder that is not writable."""
    INTERNAL = 3
    """Our own code, or the process that runs the scenarios, failed."""
    INTERRUPTED = 130
    """Ended by Ctrl-C or by a signal that means the same: 128 + SIGINT, as shells count."""


class UsageError(Exception):
    """A request that cannot be met; ``str`` is one sentence with the reason and the remedy."""
