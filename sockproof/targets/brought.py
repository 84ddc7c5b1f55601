"""This machine's Python for an image that has none: the program, its library, and the shared libraries of both.

They lie at a place of their own and are found from there: nothing of the image is hidden, and it may have no C library.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

from sockproof.targets import TargetError
from sockproof.targets.unpacking import NEWER

PLACE = "/run/python"
LOADER = f"{PLACE}/ld.so"
"""Where the program finds what loads it; no longer than the path that stands in the program itself."""
INTERPRETER = re.compile(rb"/lib[\w/.-]*/ld-[\w.-]+\0")
"""That path, in the first page of an ELF file (PT_INTERP)."""
LIBRARY = re.compile(r"^\s*(\S+) => (/\S+)", re.MULTILINE)
"""A line of ldd(1)."""


def has_python(rootfs: Path, path: str) -> bool:
    """Whether an image has a file by the name of a Python in one of the folders of `path`."""
    folders = [rootfs / folder.lstrip("/") for folder in path.split(":")]
    return any(os.path.lexists(folder / name) for folder in folders for name in ("python3", *NEWER))


def python(work: Path) -> Iterator[tuple[Path, str]]:
    """What is to be seen in the image, and where; a copy of the program is written into `work`. Raises TargetError."""
    program, library = Path(sys.executable).resolve(), Path(sysconfig.get_path("stdlib"))
    modules = sorted((library / "lib-dynload").glob("*.so"))
    data = program.read_bytes()
    found = INTERPRETER.search(data, 0, 4096)
    if found is None or len(found[0]) <= len(LOADER):
        raise TargetError(f"the image has no Python, and {program} cannot be brought along: it is not dynamic.")
    copied = work / "python3"
    copied.write_bytes(data.replace(found[0], LOADER.encode().ljust(len(found[0]), b"\0"), 1))
    copied.chmod(0o755)
    yield copied, f"{PLACE}/bin/python3"
    yield library, f"{PLACE}/lib/{library.name}"
    yield Path(os.fsdecode(found[0][:-1])).resolve(), LOADER
    for name, path in shared([program, *modules]).items():
        yield Path(path).resolve(), f"{PLACE}/so/{name}"


def shared(files: Sequence[Path]) -> dict[str, str]:
    """The shared libraries that these files need, with those that they need, by name. Raises TargetError."""
    try:
        told = subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True, check=False).stdout
    except OSError as error:
        raise TargetError("the image has no Python, and ldd, which tells what one needs, is not on PATH.") from error
    return dict(LIBRARY.findall(told))
