"""What `sockproof run` is to run: claims, files and folders as they were named, as pytest takes them."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from sockproof import suite
from sockproof.errors import UsageError

if TYPE_CHECKING:
    from fixtures.catalogue.loading import Catalogue


def selection(selected: Sequence[str], catalogue: Catalogue) -> list[str]:
    """What pytest is to collect. Raises UsageError for a claim, a file or a function that is not there.

    Claims alone go by the files of their scenarios and the plugin's ``--claim``, so that nothing else is imported.
    Beside paths they go by the nodes of their scenarios, because ``--claim`` would narrow the paths down instead of
    adding to them.
    """
    paths = [name for name in selected if is_path(name)]
    patterns = [name for name in selected if not is_path(name)]
    scenarios = [each for name in suite.select(catalogue, patterns) for each in catalogue.scenarios[name]]
    if not selected or not (paths or scenarios):
        return [str(catalogue.root / "conformance"), *(f"--claim={pattern}" for pattern in patterns)]
    if not paths:
        files = dict.fromkeys(str(catalogue.root / scenario.file) for scenario in scenarios)
        return [*files, *(f"--claim={pattern}" for pattern in patterns)]
    nodes = [str(catalogue.root / scenario.node) for scenario in scenarios] if patterns else []
    return [*(located(name, catalogue) for name in paths), *nodes]


def is_path(name: str) -> bool:
    """Whether a selection means a folder, a test file, or a function in one, and no claim; ``area/topic`` is none."""
    path = name.partition("::")[0]
    return path.endswith(".py") or path.startswith((".", "/")) or path.split("/")[0] == "conformance"


def located(name: str, catalogue: Catalogue) -> str:
    """The whole path that a selection names, sought in the current folder and then in the suite. Raises UsageError."""
    path, colons, function = name.partition("::")
    for place in (Path.cwd(), catalogue.root):
        if (place / path).is_file() or ((place / path).is_dir() and not colons):
            check_function((place / path).resolve(), function, catalogue)
            return f"{place / path}{colons}{function}"
    kind = "test file" if path.endswith(".py") else "folder"
    where = f"neither here nor in {catalogue.root}"
    raise UsageError(f"there is no {kind} {path}, {where}; sockproof list shows the files of all claims.")


def check_function(file: Path, function: str, catalogue: Catalogue) -> None:
    """Raises UsageError for a function that a file of the catalogue does not have."""
    if not (function and file.is_relative_to(catalogue.root.resolve())):
        return
    short = file.relative_to(catalogue.root.resolve()).as_posix()
    known = [each.name for found in catalogue.scenarios.values() for each in found if each.file == short]
    if known and function.partition("[")[0] not in known:
        near = get_close_matches(function, known, 1)
        advice = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}."
        raise UsageError(f"there is no scenario {function} in {short}; {advice}")
