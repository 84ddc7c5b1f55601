from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.files import ResultsError
from reports.markdown import LIMIT, append_step_summary, capped, code, inline, page
from tests.reports import strategies
from tests.reports.samples import INJECTION, claim, green, instance, results


def test_what_is_unexpected_has_expected_observed_and_source():
    row = next(line for line in page(results()).splitlines() if "[ip6]`<br>family=ip6 | deviates" in line)

    assert row == (
        "| `tcp.linger.zero-aborts` | `test_close_with_zero_linger_resets[ip6]`<br>family=ip6 | deviates "
        "| `client > server RST`<br>`recv() fails with ECONNRESET` "
        "| `client > server FIN ACK 1:1(0) ack 1 win 512 server > client ACK`<br>`b''` "
        "| [RFC 9293 3.10.5](https://www.rfc-editor.org/rfc/rfc9293.html#section-3.10.5)"
        "<br>[socket(7) SO\\_LINGER](https://man7.org/linux/man-pages/man7/socket.7.html#:~:text=SO_LINGER) |"
    )


def test_counts_stand_on_top():
    assert "| deviates | 2 | 2 |\n" in page(results())
    assert "| not-run | 1 | 0 |\n" in page(results())


def test_verdicts_that_do_not_occur_have_no_row():
    assert [line for line in page(green()).splitlines() if line.startswith(("| deviates", "| unsupported"))] == []
    assert "| not-run | 1 | 0 |" in page(green())


def test_what_was_not_decided_has_its_remedy():
    said = page(results())

    assert (
        "| 1 | not-permitted | needs capture: socket(AF\\_PACKET): EPERM | Run as root, or allow user namespaces. |"
        in said
    )
    assert "| `capture` | socket(AF\\_PACKET): EPERM | Run as root" in said


def test_the_same_reason_stands_once_with_its_number():
    found = results(instances=tuple(instance("not-permitted", reason="no", remedy="ask") for _ in range(30)))

    assert "| 30 | not-permitted | no | ask |" in page(found)


def test_the_environment_is_told():
    assert "| kernel | 6.8.0-45-generic x86\\_64 |" in page(results())
    assert "| isolation | user-namespace |" in page(results())


def test_a_green_run_has_no_section_of_the_unexpected():
    assert "## Unexpected" not in page(green())
    assert "## Not decided" not in page(green())


def test_what_differs_as_recorded_is_told_by_its_reason():
    link = "https://example.org/a_(b)"
    known = tuple(
        instance("deviates", f"a.b.{at}", id=str(at), expected=True, known=f"Reason {at % 9}. ({link})")
        for at in range(19)
    )
    said = page(results(claims=tuple(claim(f"a.b.{at}") for at in range(19)), instances=known))

    assert "| Reason 0. ([where](https://example.org/a_%28b%29)) | `a.b.0`<br>`a.b.18`<br>`a.b.9` | 3 |" in said
    assert "1 more reason, for 2 claims: report.html has them under *What differs*." in said
    assert "## What differs" not in page(green())


def test_markup_is_text_and_tables_stay_tables():
    said = page(results())

    assert not re.search(r"(?<!\\)<script", re.sub("`[^`]*`", "", said))
    assert all(line.count(" | ") == 5 for line in said.splitlines() if line.startswith("| `options.injection`"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a`b", "``a`b``"), ("`", "`` ` ``"), ("`a", "`` `a ``"), ("a|b", "`a\\|b`"), ("a\nb", "`a b`"), ("", "")],
)
def test_code(text, shown):
    assert code(text) == shown


def test_inline_escapes_what_markdown_takes_for_markup():
    assert inline("a|b *c* <d> [e]\n_f_") == "a\\|b \\*c\\* \\<d\\> \\[e\\] \\_f\\_"


@given(strategies.results)
@settings(max_examples=40, deadline=None)
def test_tables_of_any_results_have_equal_rows(found):
    width = None
    for line in page(found).split("\n"):
        cells = len(re.findall(r"(?<!\\)\|", line.replace("\\\\", "")))
        width = (width or cells) if line.startswith("|") else None
        assert width is None or cells == width


def test_a_long_summary_is_cut_at_a_line_and_says_so():
    failed = instance("deviates", reason="日本語 " * 300)
    found = results(instances=tuple(replace(failed, claim=f"a.b.c{number}") for number in range(1500)))
    said = page(found)

    assert 0.99 * LIMIT < len(said.encode()) <= LIMIT
    assert said.endswith("\n\n*Cut here: the rest did not fit into 900,000 bytes. report.html has all of it.*\n")
    assert said.split("\n\n*Cut here")[0].endswith(" |")


@given(st.text(), st.integers(0, 300))
def test_capped_never_exceeds_its_limit(text, limit):
    short = capped(text, limit)

    assert len(short.encode("utf-8", "backslashreplace")) <= limit
    assert short == text or text.startswith(short.partition("\n*Cut here")[0])


def test_the_step_summary_is_appended(tmp_path, monkeypatch):
    path = tmp_path / "step"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))

    assert append_step_summary(results()) == path
    assert path.read_text() == "before\n" + page(results())


def test_the_step_summary_counts_what_is_there_already(tmp_path, monkeypatch):
    path = tmp_path / "step"
    path.write_text("x" * (LIMIT - 400))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    append_step_summary(results())

    assert path.stat().st_size <= LIMIT
    assert "*Cut here" in path.read_text()


def test_no_step_summary_without_its_variable(monkeypatch):
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    assert append_step_summary(results()) is None


def test_an_unwritable_step_summary_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))

    with pytest.raises(ResultsError, match="mend or unset GITHUB_STEP_SUMMARY"):
        append_step_summary(results())


def test_lone_surrogates_do_not_stop_the_summary(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step"))
    found = replace(results(), instances=(instance("deviates", reason=f"\udcff{INJECTION}"),))

    assert append_step_summary(found) == tmp_path / "step"
