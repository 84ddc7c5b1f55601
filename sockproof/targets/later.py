"""Programs of a later release, which need a newer C library than this machine has.

Where the packages of both were unpacked into one folder, the library lies beside the program. Others must not find it:
the files of this machine are those of the kernel too, and Python there goes on with the library that it knows.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

MISSING = re.compile(r"version `GLIBC_([\d.]+)' not found")
LOADERS = {"x86_64": "lib64/ld-linux-x86-64.so.2", "aarch64": "lib/ld-linux-aarch64.so.1"}
PT_INTERP = 3


def missing(program: str) -> str | None:
    """The C library that a program needs and does not find here: "2.38"; None where it starts, or ends otherwise."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, errors="replace", timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = MISSING.findall(done.stderr) if done.returncode else []
    return max(found, key=lambda version: [int(number) for number in version.split(".") if number], default=None)


def loader(program: str) -> Path | None:
    """The loader of the C library that lies beside a program in ``usr/bin``; None where there is none."""
    folders = Path(program).absolute().parents[1:3]
    places = (folder / name for folder in folders for name in LOADERS.values())
    return next((place.resolve() for place in places if place.is_file()), None)


def command(program: str, work: Path) -> Sequence[str]:
    """What starts it: itself, or a copy in `work` that uses the library beside it."""
    beside = loader(program) if missing(program) else None
    if beside is None:
        return [program]
    copy = work / Path(program).name
    copy.write_bytes(with_interpreter(Path(program).read_bytes(), str(beside)))
    copy.chmod(0o755)
    return ["env", f"LD_LIBRARY_PATH={beside.parent}", str(copy)]


def with_interpreter(program: bytes, path: str) -> bytes:
    """A program (ELF, 64 bits) with another loader. The name that is loaded into memory stays; nobody opens that."""
    name = path.encode() + b"\0"
    start, size, count = struct.unpack_from("<Q14xHH", program, 32)
    changed = bytearray(program + name)
    for place in range(start, start + size * count, size):
        if struct.unpack_from("<I", program, place)[0] == PT_INTERP:
            struct.pack_into("<Q", changed, place + 8, len(program))
            struct.pack_into("<QQ", changed, place + 32, len(name), len(name))
    return bytes(changed)
