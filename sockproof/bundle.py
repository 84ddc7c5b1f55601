"""``sockproof bundle``: the suite and all that it needs in one file, or one folder, for a machine that has only Python.

What is built for one version of Python or one processor stays out: of Hypothesis, whose newest releases are, the newest
wheel without it is fetched by pip and kept in the cache.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from sockproof import packages, suite
from sockproof.errors import UsageError

PARTS = ("conformance", "fixtures", "reports")
LEFT_OUT = ("scapy/contrib/", "scapy/tools/", "scapy/modules/", "scapy/layers/tls/", "scapy/layers/msrpce/",
            "scapy/arch/windows/", "mutants/preload/")  # fmt: skip
"""Parts of packages, and of ours, that no run on another machine reads."""
NATIVE = (".so", ".pyd", ".pyx", ".c", ".h")
MAIN = Path(__file__).with_name("targets") / "unpacking.py"
PIP = ("--quiet", "--no-deps", "--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none",
       "--python-version=3.11", "--disable-pip-version-check")  # fmt: skip
"""Options with which pip takes only what runs on every machine."""


def write(asked: Namespace) -> int:
    """Write the bundle where it was asked for, and print its path; the exit status."""
    target = Path(asked.out).absolute()
    if target.exists() and (target.is_dir() or not zipfile.is_zipfile(target)):
        raise UsageError(f"{target} is there already and no bundle; name another with --out.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        as_folder(target) if target.suffix == "" else as_file(target)
    except OSError as error:
        raise UsageError(f"{error.filename or target} cannot be written: {error.strerror}.") from error
    print(target)
    return 0


def as_folder(target: Path) -> None:
    """Write the bundle as a folder, to be run as ``python3 FOLDER``."""
    for name, source in contents():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)


def as_file(target: Path) -> None:
    """Write the bundle as one file, to be run as ``python3 FILE``; whole or not at all.

    The packages, which are most of it and seldom change, are compressed once and kept in the cache.
    """
    suite.reach()
    packed = _packed(closure([package.name for package in packages.needed(suite.folder())]))
    half = _half(target)
    try:
        shutil.copyfile(packed, half)
        _append(half, own_files())
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def _half(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def _append(path: Path, files: Iterable[tuple[str, Path]]) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, source in files:
            archive.write(source, name)


def _packed(names: Sequence[str]) -> Path:
    """The archive of the packages of these names, in the versions that are installed."""
    from reports import files

    told = [sys.prefix, *LEFT_OUT, *(f"{name} {metadata.version(name)}" for name in names)]
    kept = files.cache_folder("bundles") / f"{sha256(repr(told).encode()).hexdigest()[:24]}.zip"
    if not zipfile.is_zipfile(kept):
        kept.parent.mkdir(parents=True, exist_ok=True)
        half = _half(kept)
        try:
            half.unlink(missing_ok=True)
            _append(half, (pair for name in names for pair in _package(name)))
            half.replace(kept)
        finally:
            half.unlink(missing_ok=True)
    return kept


def contents() -> Iterator[tuple[str, Path]]:
    """Every file of a bundle: its name there, and where it lies. Raises UsageError."""
    yield from own_files()
    for name in closure([package.name for package in packages.needed(suite.folder())]):
        yield from _package(name)


def own_files() -> Iterator[tuple[str, Path]]:
    """The files of the suite and of the command."""
    place = suite.reach()
    yield "__main__.py", MAIN
    yield "pyproject.toml", place / "pyproject.toml"
    for part in PARTS:
        yield from _tree(place / part, part)
    yield from _tree(suite.PACKAGE, "sockproof")
    yield from _description()


def _description() -> Iterator[tuple[str, Path]]:
    """What tells the version of the suite over there; nothing in a checkout that is not installed."""
    try:
        files = metadata.files("sockproof") or ()
    except metadata.PackageNotFoundError:
        return
    yield from ((f"site/{file}", Path(str(file.locate()))) for file in files if file.name == "METADATA")


def _tree(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        inner = f"{name}/{path.relative_to(folder).as_posix()}"
        if path.is_file() and "__pycache__" not in inner and not _left_out(inner, path, folder):
            yield inner, path


def _left_out(inner: str, path: Path, folder: Path) -> bool:
    return any(part in inner for part in LEFT_OUT) or (folder == suite.PACKAGE and path.is_relative_to(suite.INSTALLED))


def closure(names: list[str]) -> list[str]:
    """The packages of these names and all that they need here, each once. Raises UsageError for one that is missing."""
    from packaging.requirements import Requirement

    found: dict[str, None] = {}
    while names:
        name = names.pop()
        if name in found:
            continue
        found[name] = None
        try:
            needs = [Requirement(text) for text in metadata.requires(name) or ()]
        except metadata.PackageNotFoundError:
            raise UsageError(f"{name} is not installed; run {sys.executable} -m pip install {name}.") from None
        names += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return sorted(found)


def _package(name: str) -> Iterator[tuple[str, Path]]:
    """The files of an installed package, below ``site``; of a pure wheel of it where it is built for one machine."""
    files = list(metadata.files(name) or ())
    native = [file for file in files if str(file).endswith(NATIVE[0])]
    if native and name == "hypothesis":
        yield from _pure(name)
        return
    for file in files:
        inner = str(file)
        wanted = not inner.startswith("..") and "__pycache__" not in inner and not inner.endswith(NATIVE)
        if wanted and not any(part in inner for part in LEFT_OUT):
            yield f"site/{inner}", Path(str(file.locate()))


def _pure(name: str) -> Iterator[tuple[str, Path]]:
    """The files of the newest wheel of a package that runs on every machine. Raises UsageError where pip gets none."""
    from reports import files

    cache = files.cache_folder("wheels") / name
    if not cache.is_dir():
        cache.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache.parent) as folder:
            _fetch(name, Path(folder))
            _keep(Path(folder) / "unpacked", cache)
    yield from (
        (f"site/{path.relative_to(cache).as_posix()}", path) for path in sorted(cache.rglob("*")) if path.is_file()
    )


def _keep(folder: Path, cache: Path) -> None:
    """Puts the folder into the cache; another that is bundling beside this one may have been there first."""
    try:
        folder.replace(cache)
    except OSError:
        if not cache.is_dir():
            raise


def _fetch(name: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *PIP, "--dest", str(folder), name],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        said = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise UsageError(
            f"{name} is installed for this processor only, and pip could not fetch one for all ({said}); "
            "bundle on a machine that reaches a package index."
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(folder / "unpacked")
