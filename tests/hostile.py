"""Parents that hand on what they should not: a piece of Python that spoils a process, and then becomes the command."""

from __future__ import annotations

import sys

BEGINNING = "import fcntl, os, resource, signal, sys; from resource import *; from signal import *; import signal"
BECOME = "os.execv(sys.argv[1], sys.argv[1:])"

SPOILT = {
    "signals-blocked": "pthread_sigmask(SIG_BLOCK, valid_signals())",
    "one-pending": "pthread_sigmask(SIG_BLOCK, {SIGUSR1, SIGALRM}); raise_signal(SIGUSR1); raise_signal(SIGALRM)",
    "sigchld-ignored": "signal.signal(SIGCHLD, SIG_IGN)",
    "signals-ignored": "[signal.signal(n, SIG_IGN) for n in valid_signals() - {SIGKILL, SIGSTOP, 32, 33}]",
    "signals-ignored-but-sigterm": "[signal.signal(n, SIG_IGN) for n in (SIGINT, SIGHUP, SIGQUIT, SIGCHLD)]",
    "signals-not-ignored": "[signal.signal(n, SIG_DFL) for n in (SIGPIPE, SIGXFSZ)]",
    "umask-000": "os.umask(0)",
    "umask-777": "os.umask(0o777)",
    "few-descriptors": "setrlimit(RLIMIT_NOFILE, (60, getrlimit(RLIMIT_NOFILE)[1]))",
    "no-descriptors": "setrlimit(RLIMIT_NOFILE, (16, 16))",
    "small-files": "setrlimit(RLIMIT_FSIZE, (100, getrlimit(RLIMIT_FSIZE)[1]))",
    "descriptors-with-holes": "[os.dup2(0, n) for n in range(3, 200) if n % 7]",
    "environment": "os.environ.update(LC_ALL='tr_TR.UTF-8', RES_OPTIONS='ndots:9', HOSTALIASES='/x')",
    "folder-deleted": "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
    "standard-input-closed": "os.close(0)",
}
"""By name, what is done to the process that is to become the command."""


def spoiling(name: str) -> tuple[str, ...]:
    """The beginning of a command line: an interpreter that spoils its process, and becomes what stands behind."""
    return sys.executable, "-c", f"{BEGINNING}\n{SPOILT[name]}\n{BECOME}"
