"""Parameters are told with their names, and those of twins together."""

from __future__ import annotations

import pytest

from reports.naming import name, parameters, together
from tests.reports.samples import instance


def made(*found):
    return [instance(parameters=each) for each in found]


def test_an_instance_is_told_by_names_and_values():
    assert parameters(*made({"family": "ip4", "request_": "1"})) == "family=ip4, request=1"


def test_an_instance_without_parameters_has_the_name_of_its_scenario():
    assert (parameters(*made({})), name(*made({}))) == ("", "test_close_with_zero_linger_resets")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([], ""),
        ([{}], ""),
        ([{"a": "1"}, {"a": "2"}, {"a": "1"}], "a=1|2"),
        ([{"a": one, "b": two} for one in "12" for two in "34"], "a=1|2, b=3|4"),
        ([{"a": "1", "b": "3"}, {"a": "2", "b": "4"}], "a=1, b=3; a=2, b=4"),
        ([{"a": "1"}, {"b": "1"}, {"a": "2"}], "a=1|2; b=1"),
    ],
    ids=["none", "no parameters", "one", "all with all", "not all with all", "of several kinds"],
)
def test_twins_are_told_together(found, told):
    assert together(made(*found)) == told
