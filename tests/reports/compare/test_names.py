"""What the sides of a comparison are called, short and whole."""

from __future__ import annotations

import pytest

from reports.compare.names import distinct_names, whole_name
from reports.compare.terminal import lines
from reports.environment import Environment
from tests.reports.compare.builders import compared, found
from tests.reports.samples import instance, run


def made(name, version="", **options):
    """A run on a target that was made so."""
    return found(instance(), name=name, environment=Environment(name.partition(":")[0], version, options=options))


def uml(release, memory="2048 MiB"):
    return made("uml", f"User Mode Linux {release}", memory=memory)


@pytest.mark.parametrize(
    ("sides", "names"),
    [
        ([found(name="host"), found(name="gvisor")], ["host", "gvisor"]),
        ([found(), found(environment=Environment("gvisor"))], ["host", "gvisor"]),
        ([made("gvisor:/opt/a/runsc", "runsc 2022"), made("gvisor:/opt/b/runsc", "runsc 2024")], ["2022", "2024"]),
        ([made("gvisor", "runsc 2022"), made("gvisor", "runsc 2022 debug")], ["2022", "2022 debug"]),
        ([made("container", preset="docker"), made("container", preset="nothing")], ["docker", "nothing"]),
        ([made("container", preset="docker"), made("container")], ["docker", "container"]),
        ([found(kernel="Linux 6.1.0 #1"), found(kernel="5.10.3")], ["6.1.0", "5.10.3"]),
        ([found(ran=run(id="one")), found(ran=run(id="two"))], ["host one", "host two"]),
        ([found(), found()], ["host here", "host there"]),
        ([uml("5.10.46"), uml("6.12.113")], ["5.10.46", "6.12.113"]),
        ([uml("6.1.0"), uml("6.1.0", "512 MiB")], ["2048 MiB", "512 MiB"]),
        ([uml("6.1.0"), uml("5.10.46", "512 MiB")], ["6.1.0 2048 MiB", "5.10.46 512 MiB"]),
        ([uml("5.10.46"), uml("6.1.0"), found()], ["uml 5.10.46", "uml 6.1.0", "host"]),
    ],
)
def test_names_are_what_tells_the_sides_apart(sides, names):
    assert distinct_names(sides, ["here", "there", "elsewhere"][: len(sides)]) == names


def test_kernels_of_machines_of_one_make_tell_them_apart():
    sides = [
        found(name="vm", kernel=f"Linux {release} #1", environment=Environment("vm", "QEMU emulator version 7.2"))
        for release in ("6.1.0", "7.3.4")
    ]

    assert distinct_names(sides, ["here", "there"]) == ["6.1.0", "7.3.4"]


def test_the_whole_name_has_every_part():
    assert whole_name(uml("6.1.0").target) == "uml, User Mode Linux 6.1.0, 2048 MiB"
    assert whole_name(found().target) == "host"


def test_the_terminal_has_each_whole_name_once():
    both = compared(uml("5.10.46"), uml("6.1.0"))

    told = list(lines(both, both.claims))

    assert sum("User Mode Linux" in line for line in told) == 2
    assert "    uml, User Mode Linux 5.10.46, 2048 MiB: Linux 6.8.0" in [line[:55] for line in told]
