"""What differs and is known to is told by its reason, beside a sentence that it departs from."""

from __future__ import annotations

from dataclasses import replace

from reports.differences import differences
from reports.html import page
from tests.reports.samples import claim, instance, results

LINK = "https://example.org/why"


def foreseen(name, of, known):
    return replace(instance("deviates", of), id=name, expected=True, known=known)


def some():
    """Two claims for one reason, one of them with two instances, and one for the version of the kernel."""
    return results(
        claims=(claim("a.b.one", says="One."), claim("a.b.two", says="Two."), claim("a.b.three", says="Three.")),
        instances=(
            foreseen("x::1", "a.b.one", f"It is so (here). ({LINK})"),
            foreseen("x::2", "a.b.two", f"It is so (here). ({LINK})"),
            foreseen("x::3", "a.b.two", f"It is so (here). ({LINK})"),
            foreseen("x::4", "a.b.three", "Linux behaves so since 6.9, and this is 6.8"),
            instance("deviates", "a.b.three"),
        ),
    )  # fmt: skip


def test_reasons_come_by_how_far_they_reach():
    first, second = differences(some())

    assert (first.reason, first.link, first.instances) == ("It is so (here).", LINK, 3)
    assert [each.id for each in first.claims] == ["a.b.two", "a.b.one"]
    assert (second.reason, second.link) == ("Linux behaves so since 6.9, and this is 6.8", "")


def test_the_page_tells_them_with_what_is_documented():
    drawn = " ".join(page(some()).split())

    assert f'<td>It is so (here). <a href="{LINK}" rel="noreferrer">where</a></td>' in drawn
    assert "<td>Two. <small>RFC 9293, 3.10.5:" in drawn
    assert "3 claims do not hold here, as recorded" in drawn


def test_a_run_without_any_has_no_such_section():
    assert 'id="differs"' not in page(results(instances=(instance("deviates"),)))
