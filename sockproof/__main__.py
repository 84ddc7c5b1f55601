"""The entry of the command, which first says in one sentence whether this Python and this system will do.

It is written so that Python 3.6 can read it, and imports nothing of the project before that check: an older Python
would otherwise stop at the first new piece of syntax, with a traceback.
"""

import os
import sys

NEEDED = (3, 11)


def unfit() -> "str | None":
    """Why the suite cannot run here; None if it can."""
    if sys.version_info[:2] < NEEDED:
        running = "%d.%d.%d" % tuple(sys.version_info[:3])  # noqa: UP031
        return "Python 3.11 or newer is needed, and %s is Python %s: start sockproof with a newer one." % (  # noqa: UP031
            sys.executable,
            running,
        )
    if not sys.platform.startswith("linux"):
        return "Linux is needed, and this is %s: run sockproof on the kernel that it is to check." % sys.platform  # noqa: UP031
    return None


def open_streams() -> None:
    """Open what is closed of the three standard streams, or the next file would be taken for one of them."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free, which is this one
            os.set_inheritable(descriptor, True)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def complain(sentence: str, status: int) -> int:
    """Say `sentence` on standard error; `status`."""
    sys.stderr.write("sockproof: error: " + sentence + "\n")
    return status


def main() -> int:
    """Run the command line of this process; its exit status."""
    status = run()
    if sys.flags.inspect:  # PYTHONINSPECT: Python would print a traceback, and make the status 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def run() -> int:
    """The same, to the end of the command and not of the process."""
    reason = unfit()
    if reason is not None:
        return complain(reason, 2)
    open_streams()
    try:
        from sockproof import last_resort

        last_resort.stand_by(sys.argv[1:])
        from sockproof.command import main as start

        return start(sys.argv[1:])
    except KeyboardInterrupt:
        return complain("interrupted.", 130)
    except MemoryError:
        return complain("the memory does not suffice; raise the limit (ulimit -v).", 3)


if __name__ == "__main__":
    sys.exit(main())
