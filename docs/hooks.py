"""What the site has beside docs/: the pages of the project's root, an index of each folder, and the reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from fixtures.catalogue.loading import load
from reports.reference import Reference

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\]\(((?:\.\./)*(?!https?:|#|mailto:)[^)#\s]+)(#[^)\s]*)?\)")
PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages of the root, and what they are called in the site."""


def on_files(files: Files, config: Any) -> Files:
    """Adds everything that no file in docs/ has."""
    for path, text in generated():
        files.append(File.generated(config, path, content=text))
    schema = "reports/results.schema.json"
    files.append(File.generated(config, Path(schema).name, content=(ROOT / schema).read_text("utf-8")))
    return files


def generated() -> Iterator[tuple[str, str]]:
    """The pages that are made here, by their paths."""
    for name, path in PAGES.items():
        yield (
            path,
            LINK.sub(lambda found: f"]({from_root(found[1])}{found[2] or ''})", (ROOT / name).read_text("utf-8")),
        )
    for folder in ("decisions", "fleet", "fleet/github"):
        yield f"{folder}/index.md", "\n".join(index(ROOT / "docs" / folder))
    yield from reference().pages.items()


def reference() -> Reference:
    """The reference of the suite as it is."""
    found = load(ROOT)
    scenarios = {claim: [each.name for each in scenarios] for claim, scenarios in found.scenarios.items()}
    return Reference(tuple(found.claims.values()), found.areas, found.standards, scenarios)


def index(folder: Path) -> Iterator[str]:
    """The files of a folder, by their titles."""
    yield from (f"# {folder.name.capitalize()}", "")
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield f"- [{path.name}]({path.name}/index.md)"
        elif path.name != "index.md":
            title = path.read_text("utf-8").partition("\n")[0].lstrip("# ") if path.suffix == ".md" else path.name
            yield f"- [{title}]({path.name})"


def from_root(link: str) -> str:
    """Where a link of a page in the root leads in the site."""
    link = PAGES.get(link, link).removeprefix("docs/")
    return f"{link}index.md" if link.endswith("/") else link


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links to folders lead to their index, and those out of docs/ to the page or file that the site has instead."""
    here = Path(page.file.src_uri).parent
    return LINK.sub(lambda found: f"]({within(here, found[1])}{found[2] or ''})", markdown)


def within(here: Path, link: str) -> str:
    """Where a link of a page in the folder `here` of docs/ leads in the site."""
    target = (ROOT / "docs" / here / link).resolve()
    if target.is_dir():
        return f"{link.rstrip('/')}/index.md"
    if target.exists() and not target.is_relative_to(ROOT / "docs"):
        name = PAGES.get(target.name, target.name)
        return "/".join([".."] * len(here.parts) + [name])
    return link
