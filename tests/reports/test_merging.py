from __future__ import annotations

from dataclasses import replace

import pytest

from reports.files import ResultsError
from reports.merging import merged
from reports.store import read_results, write_results
from tests.reports.samples import instance, results


@pytest.fixture
def shard(tmp_path):
    def write(name, *instances, **changes):
        place = tmp_path / name
        place.mkdir()
        found = results(instances=instances)
        write_results(replace(found, run=replace(found.run, id=name, **changes)), place / "results.json")
        return place

    return write


def test_shards_make_one_run(shard, tmp_path):
    one = shard("one", instance("conforms", id="a", pcap="pcap/a.pcapng"), started=20, finished=90, workers=2)
    other = shard("other", instance("deviates", id="b"), started=10, finished=50, workers=1)

    found = merged([one, other], tmp_path / "all")

    assert [each.id for each in found.instances] == ["a", "b"]
    assert (found.run.started, found.run.finished, found.run.workers, found.run.collected) == (10, 90, 3, 2)
    assert found.instances[0].pcap == "../one/pcap/a.pcapng"
    assert [claim.id for claim in found.claims] == [claim.id for claim in read_results(one).claims]


def test_incomplete_shard_makes_the_whole_incomplete(shard, tmp_path):
    one, other = shard("one", instance("conforms", id="a")), shard("other", complete=False)

    assert not merged([one, other], tmp_path).run.complete


def test_instance_of_two_shards_is_refused(shard, tmp_path):
    one, other = shard("one", instance("conforms", id="a")), shard("other", instance("conforms", id="a"))

    with pytest.raises(ResultsError, match=r"a is in .*one and .*other"):
        merged([one, other], tmp_path)


def test_shards_of_two_versions_are_refused(shard, tmp_path):
    one, other = shard("one", instance("conforms", id="a")), shard("other", sockproof="9.9")

    with pytest.raises(ResultsError, match="one version"):
        merged([one, other], tmp_path)
