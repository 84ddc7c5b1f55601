"""axe-core, in a browser, finds nothing to complain of: in light, in dark, and on a phone, with everything opened."""

from __future__ import annotations

from importlib.resources import files

import pytest

LOOKS = {"light": {}, "dark": {"dark": True}, "phone": {"width": 390, "height": 800}}
PAGES = (
    "a run that deviates",
    "a run that conforms",
    "an index",
    "a topic",
    "the documents",
    "the standards",
    "a comparison",
    "a large comparison",
    "mutants",
)
OPEN = 'document.querySelectorAll("details").forEach((one) => one.open = true)'
RUN = """axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations.map((one) =>
    one.id + " " + one.nodes.length + ": " + one.nodes[0].html.slice(0, 300) + one.nodes[0].failureSummary))"""


@pytest.fixture(scope="module")
def axe():
    module = pytest.importorskip("axe_core_python", reason="needs axe-core: pip install axe-core-python")
    return (files(module) / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("shown", PAGES)
def test_nothing_keeps_anybody_out(browser, shown_pages, axe, shown):
    with browser.page() as page:
        page.open(shown_pages[shown])
        page.run(axe)
        page.run(OPEN)
        page.until("!document.querySelector('.folded')")

        for name, look in LOOKS.items():
            page.look(**look)
            assert (name, page.run(RUN)) == (name, [])
