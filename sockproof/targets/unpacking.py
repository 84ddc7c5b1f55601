"""The start of a bundle: looks for a Python that will do, unpacks, runs, and leaves nothing behind.

Every Python 3 can read it, because it has to say that a newer one is needed. It is the ``__main__`` of the file that
``sockproof bundle`` writes, and the program that ``--target command:...`` sends, with `ORDER` and `ARCHIVE` set before.
"""

import base64
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile

NEEDED = (3, 11)
NEWER = ["python3." + str(number) for number in range(20, 10, -1)]
ORDER = globals().get("ORDER")
ARCHIVE = globals().get("ARCHIVE")


def suitable() -> "str | None":
    """The path of a Python that is new enough: this one, or one that is called python3.11 or more; None without."""
    if sys.version_info[:2] >= NEEDED:
        return sys.executable
    return next((path for path in map(shutil.which, NEWER) if path), None)


def said(words: str) -> None:
    """A line to whoever sent the order."""
    sys.stdout.write("%s %s\n" % (json.loads(ORDER)["token"], words))  # type: ignore[arg-type]  # noqa: UP031
    sys.stdout.flush()


def archive() -> "zipfile.ZipFile | None":
    """The bundle: what was sent, or the file that runs; None where it is a folder already."""
    if ARCHIVE:
        return zipfile.ZipFile(io.BytesIO(base64.b64decode(ARCHIVE)))
    holder = os.path.dirname(os.path.abspath(__file__))
    return None if os.path.isdir(holder) else zipfile.ZipFile(holder)


def command(python: str, root: str) -> "list[str]":
    """What is to run in the unpacked bundle."""
    if ORDER is None:
        return [python, "-P", "-m", "sockproof"] + sys.argv[1:]  # noqa: RUF005
    path = os.path.join(root, "order.json")
    with open(path, "w", encoding="ascii") as file:
        file.write(ORDER)
    return [python, "-P", os.path.join(root, "sockproof", "targets", "shipped.py"), path]


def start(python: str, root: str) -> int:
    """Run it; the exit status. It gets our signals by the terminal, or by us, and ends when it wants to."""
    environment = dict(os.environ)
    path = [root, os.path.join(root, "site")]
    environment["PYTHONPATH"] = os.pathsep.join(
        path + [environment[name] for name in ["PYTHONPATH"] if name in environment]
    )
    child = subprocess.Popen(command(python, root), env=environment)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, _: None if number == signal.SIGINT else child.send_signal(number))
    code = child.wait()
    return code if code >= 0 else 128 - code


def main() -> int:
    """The exit status of what the bundle runs."""
    python = suitable()
    running = "%d.%d" % tuple(sys.version_info[:2])  # noqa: UP031
    if python is None:
        words = "Python 3.11 or newer is needed, and %s is Python %s" % (sys.executable, running)  # noqa: UP031
        if ORDER is not None:
            said("unfit " + words)
        else:
            sys.stderr.write("sockproof: error: " + words + "; start it with a newer one.\n")
        return 2
    bundle = archive()
    if bundle is None:
        return start(python, os.path.dirname(os.path.abspath(__file__)))
    root = tempfile.mkdtemp(prefix="sockproof-")
    try:
        bundle.extractall(root)
        return start(python, root)
    except OSError as error:
        words = "%s: %s" % (root, error.strerror)  # noqa: UP031
        if ORDER is not None:
            said("unfit " + words)
        else:
            sys.stderr.write("sockproof: error: " + words + "; point TMPDIR at a folder with room.\n")
        return 3
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
