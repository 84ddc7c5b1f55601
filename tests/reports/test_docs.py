"""docs/results.md says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from reports import record, summary
from reports.shape import schema

TEXT = (Path(record.__file__).parent.parent / "docs" / "results.md").read_text(encoding="utf-8")
EXAMPLE = json.loads(re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)[0])


def test_the_example_has_the_members_of_the_schema_in_their_order():
    assert list(EXAMPLE) == list(schema()["properties"])
    assert EXAMPLE["version"] == record.SCHEMA_VERSION


def test_members_in_the_example_exist():
    for name, part in (("run", EXAMPLE["run"]), ("claim", EXAMPLE["claims"][0]), ("instance", EXAMPLE["instances"][0])):
        assert set(part) - {"..."} <= set(schema()["$defs"][name]["properties"])


def test_every_verdict_is_explained():
    assert re.findall(r"^\| `([a-z-]+)` \| .*\| (?:yes|no)", TEXT, re.MULTILINE) == list(record.VERDICTS)


def test_the_order_of_weight_is_the_one_told():
    told = re.search(r"the first of: (.*?)\.", TEXT, re.DOTALL).group(1)

    assert tuple(re.findall(r"`([a-z-]+)`", told)) == summary.WEIGHT
