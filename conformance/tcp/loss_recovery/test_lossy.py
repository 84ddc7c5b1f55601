"""A path that loses segments: what the kernel sends comes whole in the end, however the losses lie."""

import random

import pytest

from conformance.tcp.loss_recovery.flight import SIZE, queue
from fixtures.stage.families import over_ip

SEGMENTS = 24
LENGTH = SEGMENTS * SIZE
BLOCKS = 3
"""As many selective acknowledgements as fit beside time stamps."""


class Receiver:
    """Takes segments but for those that are lost, each of which is lost once, and acknowledges what it has."""

    def __init__(self, remote, seed, options):
        self.remote, self.chance, self.selective = remote, random.Random(seed), "sackOK" in options
        self.have, self.lost, self.latest = {}, set(), 0

    @property
    def due(self):
        """The number of the first byte that it does not have."""
        number = 1
        while number in self.have:
            number += len(self.have[number])
        return number

    def take(self, packet):
        """Loses the segment or takes it, and answers."""
        start = packet.sequence
        if start not in self.lost and start not in self.have and self.chance.random() < 0.3:
            self.lost.add(start)
            return
        self.have[start] = packet.payload
        self.latest = start
        self.remote.send(f"ACK ack {self.due} {self.told()}")

    def told(self):
        """The option with the blocks behind what is due, that of the latest segment first."""
        ahead = sorted(start for start in self.have if start > self.due)
        ahead.sort(key=lambda start: start != self.latest)
        blocks = " ".join(f"{start}:{start + len(self.have[start])}" for start in ahead[:BLOCKS])
        return f"<nop,nop,sack {blocks}>" if blocks and self.selective else ""


@pytest.mark.beside
@pytest.mark.claim("tcp.loss-recovery.whole-in-the-end")
@pytest.mark.parametrize("options", [f"<mss {SIZE}>", f"<mss {SIZE},sackOK>"], ids=["plain", "sack"])
@pytest.mark.parametrize("seed", range(2))
@over_ip
def test_stream_comes_whole_over_a_path_that_loses(remote, seed, options):
    remote.let_timers_run()
    server = remote.reach(options=options)
    receiver = Receiver(remote, seed, options)

    queue(server, SEGMENTS, at_once=True)  # decisive

    while receiver.due <= LENGTH:
        receiver.take(remote.expect("any (1..)"))
    assert b"".join(receiver.have[start] for start in sorted(receiver.have)) == b"x" * LENGTH
