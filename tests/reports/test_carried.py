"""Which captures a page carries: those of the run that was unexpected, and no other file of the machine."""

from __future__ import annotations

from base64 import b64decode

import pytest

from reports import carried, html
from reports.carried import MOST, MOST_OF_ONE, PCAPNG
from reports.pages import redraw
from reports.store import write_results
from tests.reports.samples import instance, results

CAPTURE = PCAPNG + b"frames"


@pytest.fixture
def home(tmp_path):
    (tmp_path / "pcap").mkdir()
    return tmp_path


def red(name, claim="tcp.linger.zero-aborts", **changes):
    return instance("deviates", name=claim, id=name, pcap=f"pcap/{name}.pcapng", **changes)


def kept(home, *ran, data=CAPTURE):
    for each in ran:
        (home / each.pcap).write_bytes(data)
    return carried.captures(results(instances=ran), home)


def test_what_deviates_is_carried_whole_and_what_was_foreseen_is_not(home):
    found = kept(home, red("a"), red("b", expected=True), instance("conforms", id="c", pcap="pcap/c.pcapng"))

    assert {name: b64decode(data) for name, data in found.items()} == {"a": CAPTURE}


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "pcap/../secret", "secret", "pcap/none", "", "pcap/a\0b"])
def test_a_name_leads_nowhere_else(home, name):
    (home / "secret").write_bytes(CAPTURE)

    assert carried.capture(home / "pcap" if name.startswith("..") else home, name) == b""


def test_a_link_is_not_followed(home):
    (home / "secret").write_bytes(CAPTURE)
    (home / "pcap" / "link").symlink_to(home / "secret")

    assert carried.capture(home, "pcap/link") == b""


def test_what_is_no_capture_is_left_alone(home):
    assert kept(home, red("a"), data=b"secret") == {}


def test_the_first_of_each_claim_has_room_before_the_second_of_any(home):
    half = PCAPNG + bytes(MOST_OF_ONE - len(PCAPNG))
    ran = [red(f"a{at}") for at in range(9)] + [red("b", claim="tcp.linger.off-sends-fin")]

    found = kept(home, *ran, data=half)

    assert list(found) == ["a0", "b", "a1", "a2"]
    assert len(found) == MOST // MOST_OF_ONE
    assert kept(home, red("a"), data=half + b"x") == {}


def test_a_page_in_another_folder_carries_them_too(home, tmp_path):
    kept(home, red("a"))
    write_results(results(instances=(red("a"),)), home / "results.json")

    drawn = redraw(home, tmp_path / "else")["report.html"].read_text()

    assert "save the capture from this page" in drawn
    assert "save the capture" not in html.page(results(instances=(red("a"),)))
