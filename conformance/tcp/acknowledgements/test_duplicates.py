"""What an acknowledgement tells of bytes that came twice (RFC 2883 section 4)."""

import pytest

from conformance.tcp.acknowledgements.blocks import OPTIONS, blocks, told
from fixtures.stage.families import over_ip


@pytest.fixture(autouse=True)
def switched_on(remote, sysctl):
    """Duplicates are told wherever the scenarios run."""
    assert remote
    sysctl("net.ipv4.tcp_dsack", 1)


@pytest.mark.claim("tcp.acknowledgements.duplicate-told")
@pytest.mark.parametrize(("setting", "expected"), [(1, [(1, 101)]), (0, [])])
@over_ip
def test_bytes_that_come_twice_are_told(remote, sysctl, setting, expected):
    sysctl("net.ipv4.tcp_dsack", setting)
    remote.reach(options=OPTIONS)
    remote.send("ACK 1:101(100)")
    remote.expect("ACK ack 101")

    remote.send("ACK 1:101(100)")  # decisive

    assert blocks(remote, remote.expect("ACK ack 101")) == expected


@pytest.mark.claim("tcp.acknowledgements.duplicate-told-once")
@over_ip
def test_duplicate_is_told_by_one_acknowledgement(remote):
    remote.reach(options=OPTIONS)
    answers = [told(remote, 1, 101)]

    for first, behind in ((1, 101), (201, 301)):
        answers.append(told(remote, first, behind))  # decisive

    assert answers == [[], [(1, 101)], [(201, 301)]]


@pytest.mark.claim("tcp.acknowledgements.duplicate-part-told")
@pytest.mark.parametrize(("first", "behind", "twice"), [(51, 201, (51, 101)), (11, 61, (11, 61))])
@over_ip
def test_only_what_came_twice_is_told_of_a_segment(remote, first, behind, twice):
    remote.reach(options=OPTIONS)
    told(remote, 1, 101)

    remote.send(f"ACK {first}:{behind}({behind - first})")  # decisive

    assert blocks(remote, remote.expect("ACK (0) ack 101..")) == [twice]


@pytest.mark.claim("tcp.acknowledgements.duplicate-behind-a-hole")
@over_ip
def test_duplicate_behind_a_hole_stands_before_the_block_that_it_is_in(remote):
    remote.reach(options=OPTIONS)
    told(remote, 101, 201)
    told(remote, 201, 301)

    remote.send("ACK 201:301(100)")  # decisive

    assert blocks(remote, remote.expect("ACK (0) ack 1")) == [(201, 301), (101, 301)]


@pytest.mark.claim("tcp.acknowledgements.duplicate-before-other-blocks")
@over_ip
def test_duplicate_stands_before_the_blocks_behind_holes(remote):
    remote.reach(options=OPTIONS)
    for first, behind in ((1, 101), (301, 401), (201, 251)):
        told(remote, first, behind)

    remote.send("ACK 1:101(100)")  # decisive

    assert blocks(remote, remote.expect("ACK (0) ack 101")) == [(1, 101), (201, 251), (301, 401)]
