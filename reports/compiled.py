"""Compiled templates, kept in the user's cache: compiling those of a page takes longer than drawing a small one.

What is kept holds for one text of a template, one way of Jinja2 to compile, one Python, and one module of filters.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from reports.files import cache_folder

OTHERS_MAY_WRITE = 0o022


class Kept(BytecodeCache):
    """Templates by their name, as `maker`, the module with their filters, has them compiled."""

    def __init__(self, maker: str) -> None:
        self.maker = Path(maker).read_bytes()

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The same for every copy of the project, whose files may lie anywhere."""
        return sha256(name.encode() + b"\0" + self.maker).hexdigest()[:24]

    def load_bytecode(self, bucket: Bucket) -> None:
        """Takes what was kept, unless others could have written it. Jinja2 compares the text that it was made of.

        Whatever a damaged file makes of it, the template is compiled again.
        """
        with suppress(Exception), _place(bucket).open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid == os.geteuid() and not status.st_mode & OTHERS_MAY_WRITE:
                bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps it whole or not at all; a cache that cannot be kept is only slower."""
        place = _place(bucket)
        temporary = place.with_name(f".{place.name}.{os.getpid()}.part")
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                temporary.write_bytes(bucket.bytecode_to_string())
                temporary.chmod(0o600)
                os.replace(temporary, place)
            finally:
                temporary.unlink(missing_ok=True)


def _place(bucket: Bucket) -> Path:
    return cache_folder("templates") / f"{bucket.key}.jinja"
