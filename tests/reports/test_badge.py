from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from reports.badge import COLOURS, page, said
from tests.reports.samples import INJECTION, green, instance, results


def test_words_are_those_of_the_headline():
    assert said(green())[0] == "good"
    assert said(results(instances=(instance("deviates"),))) == ("bad", "1 claim unexpected")
    assert said(results(instances=(instance("unsupported"),))) == ("open", "nothing decided")
    known = (instance(), instance("deviates", "a.b.c", expected=True))
    assert said(results(instances=known)) == ("good", "1 claims hold, 1 deviate as recorded")
    assert said(replace(green(), run=replace(green().run, complete=False))) == ("open", "incomplete")


@pytest.mark.parametrize("name", ["host", INJECTION, "gvisor \x1b[31m"])
def test_any_target_makes_a_whole_picture(name):
    found = replace(green(), target=replace(green().target, name=name))

    root = ElementTree.fromstring(page(found))

    assert root.tag.endswith("svg")
    assert [each.get("fill") for each in root.iter() if each.tag.endswith("path")] == [COLOURS["good"]]
