"""compare.html, compare.md, compare.json and the terminal tell the same."""

from __future__ import annotations

import gzip
import json
import re
import tracemalloc
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from reports.compare.data import pieces as json_pieces
from reports.compare.html import IN_SIGHT, filters, pieces
from reports.compare.markdown import page as markdown
from reports.compare.matrix import compare
from reports.compare.pages import PAGES, write_all
from reports.compare.parting import parting
from reports.compare.sides import Side
from reports.compare.terminal import lines
from reports.environment import Environment
from reports.record import Trace
from tests.reports.compare.builders import compared, deviating, found, of_verdicts
from tests.reports.samples import INJECTION, RESET, SITES, call, claim, instance, many, packet, results, run

PACK = re.compile('class="pack">([^<]*)<')


def page(comparison) -> str:
    return "".join(pieces(comparison))


class Elements(HTMLParser):
    """The elements of a page: name and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def three():
    """A claim that conforms on two of three sides."""
    return of_verdicts("conforms", "conforms", "deviates")


def test_every_page_is_written_and_nothing_else(three, tmp_path):
    written = write_all(three, tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == set(PAGES) == set(written)


def test_the_matrix_needs_no_script_and_no_other_file(three):
    elements = Elements(page(three))

    assert elements.of("script") == []
    assert [each["href"] for each in elements.of("a") if not each["href"].startswith(("#", *SITES))] == []
    assert elements.of("link") == elements.of("img") == []


def test_each_filter_is_a_radio_button_that_a_rule_asks_for(three):
    text = page(three)
    radios = {each["id"] for each in Elements(text).of("input")}

    assert radios == {f"show-{each.word}" for each in filters(three)}
    for word in ("differs", "only-2", "undecided", "same"):
        assert f"#show-{word}:checked ~ .matrix .claim:not(.{word})" in text
    assert [each["id"] for each in Elements(text).of("input") if "checked" in each] == ["show-differs"]


def test_a_claim_has_the_classes_of_its_filters(three):
    (block,) = [each for each in Elements(page(three)).of("details") if "row-claim" in (each.get("class") or "")]

    assert {"differs", "only-2"} <= set(block["class"].split())
    assert not {"only-0", "same", "undecided"} & set(block["class"].split())


def test_what_differs_has_the_evidence_of_each_side():
    conforming = instance(trace=Trace(("client",), (call("client", 0, "recv(1)", "b''"),)))
    both = compared(found(conforming, name="a"), found(deviating("b'x'"), name="b"))

    text = page(both)

    assert text.count('<svg class="ladder"') == 2
    assert "client.recv(1) → b&#39;&#39;" in text


def test_of_much_that_differs_the_evidence_is_data_and_words_say_what_was_seen():
    number = IN_SIGHT + 1
    good = tuple(instance(id=f"x::{at}", name=f"a.b.c{at}", trace=RESET) for at in range(number))
    bad = tuple(replace(each, verdict="deviates", reason="expected  a\nobserved  b") for each in good)
    claims = tuple(claim(each.claim) for each in good)
    sides = [Side(name, name, results(claims=claims, instances=ran)) for name, ran in (("one", good), ("two", bad))]
    text = page(compare(sides))

    assert "<svg" not in text.partition("<script")[0]
    assert (
        text.count('<div class="folded">1 instance is not the same. family=ip4: one conforms; two deviates: ') == number
    )
    assert "<noscript>" in text
    bodies = json.loads(gzip.decompress(b64decode(PACK.findall(text)[0])))
    assert bodies["claim-a.b.c0"].count("data-ladder=") == 2


def test_why_a_side_deviates_is_told_by_its_records():
    known = instance("deviates", expected=True, known="It is so. (https://example.org/why)")
    comparison = compared(found(instance()), found(known))

    assert 'It is so. <a href="https://example.org/why"' in page(comparison)
    assert "It is so. ([where](https://example.org/why))" in markdown(comparison)
    assert "     1 claim  It is so." in "\n".join(lines(comparison, []))


def test_what_is_the_same_has_no_ladder():
    assert '<svg class="ladder"' not in page(of_verdicts("deviates", "deviates"))


def test_why_something_was_not_decided_is_told():
    refused = instance("not-permitted", reason="needs capture: EPERM", remedy="Run as root.")
    both = compared(found(instance(), name="a"), found(refused, name="b"))

    for text in (page(both), markdown(both)):
        assert "needs capture: EPERM" in text
    assert "Run as root." in page(both)


def test_text_of_results_is_never_markup():
    both = compared(
        found(instance(family=INJECTION), name=INJECTION), found(deviating(INJECTION, family=INJECTION), name="b")
    )

    assert "<script>" not in page(both)
    assert "<script>" not in markdown(both).replace("\\<", "")


def test_every_anchor_is_there_once(three):
    text = page(three)
    ids = re.findall(r'\bid="([^"]*)"', text)

    assert len(ids) == len(set(ids))
    assert {link[1:] for link in re.findall(r'href="(#[^"]*)"', text)} <= set(ids)


def test_programs_read_the_whole_of_it(three):
    told = json.loads("".join(json_pieces(three)))

    assert told["schema"] == "sockproof-comparison"
    assert told["same"] is False
    assert [side["name"] for side in told["sides"]] == ["side0", "side1", "side2"]
    (entry,) = told["claims"]
    assert (entry["kind"], entry["only"], entry["verdicts"]) == ("differs", 2, ["conforms", "conforms", "deviates"])
    assert entry["instances"][0]["failed"][2][0]["observed"] == "b'x'"
    assert json.loads("".join(json_pieces(compare([]))))["claims"] == []


def test_the_terminal_tells_what_was_seen_on_each_side(three):
    told = "\n".join(lines(three, three.of("differs")))

    assert "1 claim differs between side0, side1 and side2." in told
    assert "side1: conforms\n" in told
    assert "side2: deviates: expected client.recv(1) gives b''; observed b'x'" in told


def test_the_terminal_tells_the_first_facts_of_the_environment():
    odd = {f"net.ipv4.odd{number}": "1" for number in range(9)}
    both = compared(found(instance(), name="a"), found(instance(), name="b", environment=Environment(sysctls=odd)))

    told = "\n".join(lines(both, []))

    assert "target         a: a" in told
    assert "and 4 facts more, in compare.html" in told
    assert "net.ipv4.odd8" in page(both)


def test_two_runs_of_one_target_tell_what_changed():
    both = compared(found(instance(), ran=run(id="one")), found(deviating("x"), ran=run(id="two")))

    for text in ("\n".join(lines(both, [])), markdown(both), page(both)):
        assert "now deviates: 1 instance" in text


def test_an_instance_that_one_side_does_not_have_is_told():
    both = compared(found(instance(), name="a"), found(instance(), instance(family="ip6"), name="b"))

    assert "did not run" in page(both)
    assert "absent" in markdown(both)


def test_a_claim_in_other_words_is_told():
    other = results(claims=(claim(says="Something else."),), instances=(instance(),), documents=(), statements=())

    assert "in other words" in page(compared(found(instance(), name="a"), other))
    assert "in other words" not in page(of_verdicts("conforms", "conforms"))


def test_traces_part_at_the_first_call_that_is_not_alike():
    alike = call("client", 0, "connect('127.0.0.1', 4000)", "0"), packet("client", "server", 1, "SYN")
    one = Trace(("client",), (*alike, call("client", 2, "recv(1)", "b''")))
    two = Trace(
        ("client",), (call("client", 0, "connect('127.0.0.1', 5000)", "0"), call("client", 3, "recv(1)", "EIO"))
    )

    assert parting([one, two]) == ("client.recv(1) → b''", "client.recv(1) → EIO")
    assert parting([one, Trace(("client",), alike)]) == ("client.recv(1) → b''", "no further call")
    assert parting([one, one]) is None


def test_a_large_page_is_never_held_whole(three):
    page(three)  # the templates are compiled once
    side = many(2400)
    red = tuple(replace(each, verdict="deviates", reason="x") for each in side.instances)
    comparison = compare([Side("a", "a", side), Side("b", "b", replace(side, instances=red))])
    tracemalloc.start()
    packs = [PACK.findall(piece) for piece in pieces(comparison)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    whole = sum(len(gzip.decompress(b64decode(pack))) for some in packs for pack in some)
    assert whole > 10_000_000
    assert peak < whole
