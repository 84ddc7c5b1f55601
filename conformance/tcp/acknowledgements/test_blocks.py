"""The blocks of selective acknowledgements that the kernel sends (RFC 2018 section 4)."""

import pytest

from conformance.tcp.acknowledgements.blocks import OPTIONS, blocks
from fixtures.stage.families import over_ip


@pytest.mark.claim("tcp.acknowledgements.blocks-tell-what-came")
@over_ip
def test_first_block_has_the_latest_segment(remote):
    remote.reach(options=OPTIONS)
    told = []

    for start in (301, 101, 501):
        remote.send(f"ACK seq {start} (100)")  # decisive
        told.append(blocks(remote, remote.expect("ACK ack 1 <sack>")))

    assert told == [[(301, 401)], [(101, 201), (301, 401)], [(501, 601), (101, 201), (301, 401)]]


@pytest.mark.claim("tcp.acknowledgements.blocks-tell-what-came")
@over_ip
def test_neighbours_become_one_block(remote):
    remote.reach(options=OPTIONS)
    remote.send("ACK 301:401(100)")
    remote.expect("ACK ack 1 <sack>")

    remote.send("ACK 201:301(100)")  # decisive

    assert blocks(remote, remote.expect("ACK ack 1 <sack>")) == [(201, 401)]


@pytest.mark.claim("tcp.acknowledgements.as-many-blocks-as-fit")
@pytest.mark.parametrize(("options", "fitting"), [("<mss 1460,sackOK>", 4), ("<mss 1460,sackOK,ts>", 3)])
@over_ip
def test_latest_blocks_are_told_as_many_as_fit(remote, options, fitting):
    remote.reach(options=options)
    islands = [(start, start + 100) for start in range(101, 1101, 200)]

    for start, _ in islands:
        remote.send(f"ACK seq {start} (100)")  # decisive
        told = blocks(remote, remote.expect("ACK ack 1 <sack>"))

    assert told == islands[::-1][:fitting]
