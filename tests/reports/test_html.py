from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given, settings

from reports import folded, html, split, views
from reports.evidence import address
from reports.record import Trace
from reports.texts import clean
from tests.reports import strategies
from tests.reports.drawn import FOLDED, PACK, page
from tests.reports.samples import INJECTION, SEEN_FIN, SITES, call, claim, green, instance, many, results, run

VOID = {"meta", "link", "br", "hr", "img", "input"}
DRAWN = {"rect", "path"}
"""Elements of SVG that close themselves."""


class Page(HTMLParser):
    """A page taken apart: its elements, their nesting checked, and the text in each kind of element."""

    def __init__(self, text):
        super().__init__()
        self.open, self.attributes, self.texts = [], [], {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, attrs)
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in DRAWN
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in self.open:
            self.texts[tag] = self.texts.get(tag, "") + data

    def values(self, name):
        return [found[name] for _, found in self.attributes if found.get(name) is not None]

    def with_class(self, name):
        return [(tag, found) for tag, found in self.attributes if name in found.get("class", "").split()]


@pytest.fixture(scope="module")
def sample():
    return page(results())


@pytest.mark.parametrize(
    "found", [results(), green(), many(20), results(instances=()), results(instances=(), claims=())]
)
def test_the_page_is_well_formed(found):
    taken = Page(page(found))

    assert taken.texts["title"].startswith("sockproof: host")


@given(strategies.results)
@settings(max_examples=40, deadline=None)
def test_any_results_make_a_well_formed_page(found):
    text = page(found)
    taken = Page(text)

    assert clean(text) == text
    assert len(taken.values("id")) == len(set(taken.values("id")))
    assert [tag for tag, _ in taken.attributes].count("script") == 1


def test_each_link_inside_the_page_leads_somewhere(sample):
    taken = Page(sample)
    places = set(taken.values("id"))
    inside = [link[1:] for link in taken.values("href") if link.startswith("#")]

    assert len(inside) > 20
    assert set(inside) <= places


def test_each_claim_has_its_identifier_as_anchor(sample):
    assert {one.id for one in results().claims} <= set(Page(sample).values("id"))


def test_nothing_outside_the_page_is_needed(sample):
    taken = Page(sample)

    assert taken.values("src") == []
    assert "url(" not in sample
    assert "@import" not in sample
    assert [link for link in taken.values("href") if not link.startswith(("#", "pcap/", *SITES))] == []


def test_the_page_lets_only_its_own_script_run(sample):
    taken = Page(sample)
    policy = next(found["content"] for _, found in taken.attributes if "http-equiv" in found)
    digest = b64encode(sha256(taken.texts["script"].encode()).digest()).decode()

    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def test_everything_is_there_without_script(sample):
    """What is closed is closed by <details>, and nothing is hidden."""
    taken = Page(sample)

    assert not [found for _, found in taken.attributes if "hidden" in found]
    assert len(taken.with_class("claim")) == len(results().claims)
    assert {tag for tag, _ in taken.with_class("claim")} == {"details"}


def test_markup_in_results_is_text(sample):
    assert "<script>alert" not in sample
    assert INJECTION in Page(sample).texts["main"]


def test_control_characters_are_left_out(sample):
    assert not re.search("[\x00-\x08\x0b-\x1f]", sample)
    assert "[31m" not in sample
    assert "\x01" not in page(results(claims=(claim(documents=("a\x01", "b")),)))


def test_the_unexpected_comes_first(sample):
    taken = Page(sample)
    sections = [found["id"] for tag, found in taken.attributes if tag == "section"]

    assert sections[:5] == ["diagnosis", "unexpected", "undecided", "documents", "machine"]
    assert [found["class"] for tag, found in taken.attributes if tag == "article"] == [
        "card edge-deviates",
        "card edge-inconclusive",
        "card edge-harness-error",
    ]


def test_a_green_page_has_no_such_section():
    taken = Page(page(green()))

    assert "unexpected" not in taken.values("id")
    assert taken.texts["h1"].split() == ["Nothing", "unexpected", "on", "host"]


def test_a_page_that_decided_nothing_says_so():
    taken = Page(page(results(instances=(instance("not-permitted"),))))

    assert taken.texts["h1"].split()[:3] == ["Nothing", "was", "decided"]


def test_the_header_has_what_a_reader_asks_first(sample):
    header = " ".join(Page(sample).texts["header"].split())

    facts = ("3 claims unexpected", "6.8.0-45-generic x86_64", "user-namespace", "UTC", "2 ✗ deviates 1 as recorded")
    for fact in facts:
        assert fact in header


def test_what_the_machine_lacks_comes_with_its_remedy(sample):
    section = sample.partition('<section id="machine">')[2].partition("</section>")[0]
    lacking, _, available = section.partition("Available: ")

    assert re.findall(r"<tr><td><code>(.*?)</code>", lacking) == ["capture", "sysctl:net.ipv4.tcp_syncookies"]
    assert "Run as root, or allow user namespaces." in lacking
    assert available.startswith("<code>namespace</code>.")


def test_a_run_cut_short_says_so():
    assert "was interrupted: 9 of 40" in page(results(run=run(complete=False, interrupted=True, collected=40)))


def test_a_claim_has_its_sources_and_what_the_documents_say(sample):
    main = " ".join(Page(sample).texts["main"].split())

    for text in ("RFC 9293 3.10.5", "002 §4.2", "refuted", "TIME_WAIT lasts 60 seconds", "2.4"):
        assert text in main


def test_expected_and_observed_stand_side_by_side(sample):
    assert re.search(
        r"✗ fails</td><td><code>client &gt; server RST</code>.*?</td><td><code>client &gt; server FIN ACK", sample
    )


def test_verdicts_are_words_and_not_colours_alone(sample):
    badges = re.findall(r'<span class="badge v-([a-z-]+)"><i aria-hidden="true">.</i> ([a-z-]+)', sample)

    assert badges
    assert all(style == word for style, word in badges)


def test_the_evidence_of_an_instance_is_there_once(sample):
    for one in results().instances:
        assert sample.count(f'id="{views.permanent(one.id)}"') == 1
        if one.pcap:
            assert sample.count(f'href="{address(one.pcap)}"') == 1


@pytest.mark.parametrize("path", ["pcap/a b#1?.pcapng", "javascript:alert(1)", '"><script>'])
def test_the_address_of_a_capture_is_only_ever_a_path(path):
    assert not set(address(path)) & set(':#?"<> ')
    assert unquote(address(path)) == path


def test_a_claim_that_is_not_in_the_catalogue_is_shown():
    found = results(instances=(instance("harness-error", name="gone.claim"),))

    assert "This claim is not in the catalogue." in page(found)


@pytest.mark.parametrize("verdict", ["deviates", "conforms"])
def test_a_long_trace_keeps_its_beginning_and_its_end(verdict):
    events = tuple(call("client", at, f"send({at})", "1") for at in range(500))
    drawn = page(results(instances=(instance(verdict, trace=Trace(("client",), events, 7)),)))

    shown = [number for number in range(500) if f"send({number}) " in drawn]
    assert shown == [*range(60), *range(440, 500)]
    assert "380 more events omitted here" in drawn
    assert "7 more events omitted<" in drawn


def test_claims_of_equal_anchor_stay_apart():
    found = results(claims=(claim("a b"), claim("a-b"), claim("a/b")), instances=())

    assert {"a-b", "a-b-2", "a-b-3"} <= set(Page(page(found)).values("id"))


def test_six_hundred_instances_stay_small():
    assert len(page(many(600, 20)).encode()) < 8_000_000


def test_the_same_results_give_the_same_page(sample):
    assert page(results()) == sample
    drawn = sample.partition("<script>")[0].count('<svg class="ladder"')
    assert drawn == len([one for one in results().instances if one.trace.events])


def test_evidence_of_what_conforms_is_folded_and_that_of_the_rest_is_not():
    ran = (instance("conforms", id="a"), instance("deviates", id="b", claim="tcp.linger.other"))
    found = results(instances=ran, documents=(), statements=())

    text = html.page(found)

    assert 'id="i-' in text
    assert text.count(FOLDED) == len(PACK.findall(text)) == 1
    assert views.permanent("a") not in text
    assert views.permanent("b") in text


def test_what_is_recorded_or_unsupported_is_folded_and_says_why():
    ran = (
        instance("deviates", id="a", expected=True, known="It is so."),
        instance("conforms", id="b"),
        instance("unsupported", id="c", reason="no such option\nat all"),
        instance("unsupported", id="d", reason="no such option"),
    )
    text = html.page(results(instances=ran, documents=(), statements=()))

    assert (
        f"{FOLDED}4 instances: 1 deviates as recorded: It is so. 1 conforms. 2 are unsupported: no such option.<"
        in text
    )


def test_beyond_a_few_failures_are_folded_as_well():
    many = views.DRAWN + 7
    ran = tuple(
        instance("deviates", f"a.b.c{at}", id=f"{at}{family}", family=family, checks=SEEN_FIN)
        for at in range(many) for family in ("ip4", "ip6")
    )  # fmt: skip
    found = results(claims=tuple(claim(f"a.b.c{at}") for at in range(many)), instances=ran)
    text = html.page(found)

    assert text.count(f"{FOLDED}2 instances deviate.<") == many - folded.IN_SIGHT // 2
    assert text.count('<details class="evidence"') == 7
    assert page(found).count("server &gt; client ACK") == 3 * many


def test_a_run_whose_deviations_are_all_recorded_says_so_first():
    foreseen = instance("deviates", expected=True, known="It is so.")
    found = results(instances=(foreseen, instance(id="other", name="tcp.linger.other")))
    vast = replace(found, target=replace(found.target, name="gvisor:/home/somebody/bin/runsc"))

    assert "1 claim does not hold on gvisor:runsc, as recorded" in Page(html.page(vast)).texts["h1"]


def test_pages_of_topics_have_everything_without_a_script(tmp_path):
    written = split.write(results(), tmp_path)

    pages = [Page(path.read_text()) for path in written.values()]
    assert set(written) - {f"topic-{one.topic}.html" for one in results().claims} == {"report.html", "documents.html"}
    assert [each.texts.get("script", "").count("gzip") for each in pages[1:]] == [0] * (len(pages) - 1)
    ids = [name for each in pages[1:] for name in each.values("id")]
    assert {views.permanent(each.id) for each in results().instances} <= set(ids)
    names = dict(zip(written, pages, strict=True))
    for each in pages:
        for name, _, place in (link.partition("#") for link in each.values("href") if ".html" in link[:30]):
            assert place in names[name].values("id")
