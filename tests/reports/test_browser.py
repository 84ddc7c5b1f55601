"""The pages in a real browser, from files: what is folded is drawn, found and linked to, without a complaint."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given, settings

from reports import html, ladder, views
from reports.record import Event, Trace
from tests.reports import strategies
from tests.reports.samples import FIVE, RESET, START, THREE, call, claim, instance, results
from tests.reports.shown import CAPTURE, FOLDED, RED

KINDS = (
    "a run that deviates",
    "a run that conforms",
    "an index",
    "a topic",
    "the documents",
    "a comparison",
    "a large comparison",
    "mutants",
)
LOOKS = {
    "light": {},
    "dark": {"dark": True},
    "phone": {"width": 390},
    "paper": {"paper": True},
    "bare": {"scripts": False},
}
LONG = Trace(("client",), tuple(call("client", at, f"send({at}) " * (at % 9), "1") for at in range(40)))
TIES = Trace(
    ("a" * 5, "b" * 15),
    tuple(Event(START + at, "call", "ab"[at % 2], "x" * at, until=START + at) for at in (0, 500, 1500, 2500)),
)
"""Widths and times that lie in the middle between two whole numbers."""
READY = "document.querySelector('.filter')"
SHOWN = "[...document.querySelectorAll('details.claim')].filter((one) => one.checkVisibility()).map((one) => one.id)"
MOST_STOPS = 30
"""How many times the Tab key may be pressed from the top of the page until packets are in view."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_asks_for_nothing_and_complains_of_nothing(browser, shown_pages, kind):
    with browser.page() as page:
        for look in LOOKS.values():
            page.look(**look)
            page.open(shown_pages[kind])
            width = page.run("document.scrollingElement.scrollWidth")
            assert width <= look.get("width", 1280)

        assert set(page.requests) == {shown_pages[kind].as_uri()}
        assert page.complaints == []


@pytest.mark.parametrize("kind", [*KINDS, "the standards"])
def test_a_wide_window_is_used(browser, shown_pages, kind):
    with browser.page(width=1280) as page:
        page.open(shown_pages[kind])

        assert page.run("document.querySelector('main').offsetWidth") > 900


@pytest.mark.parametrize("kind", ["a topic", "the standards", "a run that conforms"])
def test_on_a_phone_the_rows_of_tables_are_read_without_pushing(browser, shown_pages, kind):
    stacked = (
        "[...document.querySelectorAll('.checks, .events, .demands, .differences')].map((one) => one.parentElement)"
    )
    with browser.page(width=360) as page:
        page.open(shown_pages[kind])
        page.run("document.querySelectorAll('details').forEach((one) => one.open = true)")
        page.until("!document.querySelector('.folded')")

        assert page.run(f"{stacked}.length") > 0
        assert page.run(f"{stacked}.every((one) => one.scrollWidth <= one.clientWidth)")


def test_without_a_script_what_deviates_is_there_and_what_is_folded_says_so(browser, shown_pages):
    with browser.page(scripts=False) as page:
        page.open(shown_pages["few"])

        assert page.run("document.querySelector('.filter')") is None
        assert page.run("document.querySelector('#unexpected .ladder').checkVisibility()")
        assert page.run("document.querySelector('noscript').checkVisibility()")


def test_paper_shows_what_the_screen_shows(browser, shown_pages):
    with browser.page() as page:
        page.open(shown_pages["a run that deviates"], "#?verdict=deviates")
        page.until(READY)
        page.run("document.querySelector('details.claim:not([hidden])').open = true")
        seen = "document.querySelector('main').innerText.replaceAll(document.querySelector('.filter').innerText, '')"
        on_screen = page.run(seen)
        page.look(paper=True)

        assert page.run(seen).split() == on_screen.split()
        assert page.run("getComputedStyle(document.querySelector('.scroll')).overflowX") == "visible"
        assert not page.run("document.querySelector('.filter').checkVisibility()")


@pytest.mark.parametrize("look", [{}, {"width": 390}, {"width": 700}], ids=["wide", "phone", "narrow"])
def test_the_address_of_what_is_folded_opens_it_below_the_bar(browser, shown_pages, look):
    place = views.permanent(FOLDED.id)
    with browser.page(height=500, **look) as page:
        page.open(shown_pages["few"], f"#{place}")
        page.until(f"document.getElementById('{place}')?.querySelector('.ladder').checkVisibility()")
        top = f"document.getElementById('{place}').getBoundingClientRect().top"
        page.until(f"{top} < innerHeight")

        assert page.run(f"{top} >= Math.max(0, {READY}.getBoundingClientRect().bottom)")


def test_cards_behind_the_first_draw_their_evidence_when_they_are_opened(browser, tmp_path):
    many = tuple(instance("deviates", f"a.b.c{at}", id=str(at), trace=RESET) for at in range(views.DRAWN + 1))
    found = tmp_path / "report.html"
    found.write_text(html.page(results(claims=tuple(claim(each.claim) for each in many), instances=many)), "utf-8")
    with browser.page() as page:
        page.open(found)
        page.until(READY)

        page.run("document.querySelector('details.evidence summary').click()")

        assert page.until("document.querySelector('details.evidence .ladder')?.checkVisibility()")
        assert page.complaints == []


def test_a_sentence_of_a_document_is_drawn_by_its_address(browser, shown_pages):
    with browser.page() as page:
        page.open(shown_pages["a run that deviates"], "#document-001-7-9")

        assert page.until("document.getElementById('document-001-7-9')?.checkVisibility()")


FILTERS = {
    "verdict=deviates": {"tcp.linger.zero-aborts", "tcp.time-wait.fin-timeout"},
    "topic=multicast": {"multicast.loop.default-on", "multicast.loop.igmp"},
    "family=unix": {"unix.sigpipe.first-write"},
    "level=documented": {"tcp.linger.off-sends-fin"},
    "source=RFC+9293&family=ip6": {"tcp.linger.zero-aborts", "multicast.loop.igmp"},
    "words=zero_linger_resets": {"tcp.linger.zero-aborts"},
    "words=family%3Dip6+test_igmp": {"multicast.loop.igmp"},
    "words=must-10": {"tcp.linger.zero-aborts"},
    "words=rfc9293+aborted": {"tcp.linger.zero-aborts"},
    "words=so_linger+3.10.5&topic=unix": {"unix.sigpipe.first-write", "unix.queue.unchecked"},
}


def test_filters_come_from_the_address(browser, shown_pages):
    with browser.page() as page:
        page.open(shown_pages["a run that deviates"])
        page.until(READY)
        for asked, claims in FILTERS.items():
            page.run(f"location.hash = '?{asked}'")
            number = f"{len(claims)} of 8 claims"
            assert page.until(f"document.querySelector('.filter .few').textContent === '{number}'")
            assert set(page.run(SHOWN)) == claims


CHOOSE = """
{
    const level = document.querySelector(".filter [name=level]");
    level.value = "must";
    level.dispatchEvent(new Event("input", {bubbles: true}));
}
"""


def test_filters_go_into_the_address(browser, shown_pages):
    with browser.page() as page:
        page.open(shown_pages["a run that deviates"])
        page.until(READY)
        page.run("document.querySelector('.filter input').focus()")
        page.ask("Input.insertText", text="tcp & 1")
        page.run(CHOOSE)

        assert page.run("location.hash") == "#?words=tcp+%26+1&level=must"


@pytest.mark.parametrize("kind", ["few", "a run that conforms"])
def test_from_the_top_to_packets_by_keyboard(browser, shown_pages, kind):
    """By the first link, then by Tab alone; whatever is closed is opened by Enter."""
    focus = "document.activeElement"
    with browser.page() as page:
        page.open(shown_pages[kind])
        page.until(READY)
        page.tab()
        page.press("Enter", 13)
        stops = 1
        while not page.run(f"{focus}.matches('.scroll:has(.ladder)')"):
            page.tab()
            stops += 1
            assert stops < MOST_STOPS
            if page.run(f"{focus}.matches('details:not([open]) > summary')"):
                page.press("Enter", 13)
                page.until(f"!{focus}.parentElement.querySelector('.folded')")

        assert page.run(f"{focus}.getBoundingClientRect().top < innerHeight")


@settings(max_examples=150, deadline=None)
@given(strategies.traces)
@example(RESET)
@example(THREE)
@example(FIVE)
@example(LONG)
@example(TIES)
def test_the_script_draws_what_the_page_would(ladders, trace):
    data = ladder.data(trace)
    assume(data is not None)

    assert ladders.run(f"ladder({data})") == ladder.draw(trace)


@pytest.fixture(scope="module")
def ladders(browser, shown_pages):
    """A page with the script that draws ladders."""
    with browser.page() as page:
        page.open(shown_pages["few"])
        page.until(READY)
        yield page


SCROLLED = """{
    const scroll = document.querySelector(".scroll:has(> svg + svg), .scroll:has(.events)");
    scroll.style.maxHeight = "200px";
    scroll.scrollTop = 100;
    const head = scroll.querySelector(".heads, th").getBoundingClientRect(), box = scroll.getBoundingClientRect();
    [scroll.scrollTop, Math.round(head.top - box.top)];
}"""


@pytest.mark.parametrize("lanes", [4, 9], ids=["a diagram", "a table"])
def test_the_heads_of_a_long_ladder_stay_in_sight(browser, tmp_path, lanes):
    names = tuple(f"end {at}" for at in range(lanes))
    long = Trace(names, tuple(call(names[at % lanes], at, f"send({at})", "1") for at in range(60)))
    (tmp_path / "long.html").write_text(html.page(results(instances=(instance("deviates", trace=long),))), "utf-8")
    with browser.page() as page:
        page.open(tmp_path / "long.html")

        assert page.run(SCROLLED) == [100, 0]
        assert page.run("document.querySelectorAll('table.events').length") == (lanes > 8)


def test_a_capture_is_saved_from_the_page_alone(browser, shown_pages, tmp_path):
    alone = tmp_path / "mailed.html"
    alone.write_bytes(shown_pages["few"].read_bytes())
    with browser.page() as page:
        page.open(alone)
        saved = page.saved(tmp_path, "document.querySelector('a.save').click()")

        assert saved.read_bytes() == CAPTURE
        assert page.run("document.querySelector('a.save').download") == RED.pcap.rpartition("/")[2]
