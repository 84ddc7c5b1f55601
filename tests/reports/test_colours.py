"""The colours of report.html against WCAG 2.2, 1.4.3: text stands out from its ground by at least 4.5 to 1."""

from __future__ import annotations

import re

import pytest

from reports.html import TEMPLATES

CSS = (TEMPLATES / "report.css").read_text(encoding="utf-8")
PALETTES = [dict(re.findall(r"--([\w-]+): (#\w{6});", part)) for part in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)]
PLAIN = ("ink", "faint", "link", "good", "bad", "doubt", "error", "reset")
PAIRS = [(name, ground) for name in PLAIN for ground in ("page", "panel")] + [
    (name, f"{name}-back") for name in ("good", "bad", "doubt", "ours", "lack", "barred")
]


def luminance(colour):
    """Relative luminance of ``#rrggbb`` as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", PALETTES, ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(palette, text, ground):
    dark, bright = sorted((luminance(palette[text]), luminance(palette[ground])))

    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def test_both_palettes_name_the_same_colours():
    light, dark = PALETTES

    assert light.keys() == dark.keys()


def test_every_colour_in_use_is_named():
    used = set(re.findall(r"var\(--([\w-]+)\)", CSS + (TEMPLATES / "ladder.css").read_text(encoding="utf-8")))

    assert used <= PALETTES[0].keys()
