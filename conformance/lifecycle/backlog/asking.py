"""Programs of eBPF that ask a listener for a cookie, or about one, given the headers of a segment (bpf-helpers(7))."""

from __future__ import annotations

import struct
from typing import Any

from fixtures.stage.ebpf import call, copy, end, loaded, put, run, when, write

SCHED_CLS = 3
LOOK_UP, RELEASE, CHECK, ISSUE = 99, 86, 100, 110
"""bpf_skc_lookup_tcp(), bpf_sk_release(), bpf_tcp_check_syncookie() and bpf_tcp_gen_syncookie()."""
CONTEXT, LISTENER, ANSWER, STACK = 6, 7, 8, 10
NETWORK, TRANSPORT, ENDS = -40, -100, -140
"""Where on the stack both headers are, and the addresses of the ends."""
OWN_NAMESPACE = -1
PACKET = bytes(64)
"""What the program is run on, and never looks at."""


def answer(helper: int, segment: Any) -> int:
    """What the helper says to the listener of that segment, a packet of Scapy's."""
    with loaded(SCHED_CLS, _steps(helper, segment)) as program:
        return run(program, PACKET)


def _steps(helper: int, segment: Any) -> bytes:
    whole, transport = bytes(segment), bytes(segment.payload)
    network = whole[: len(whole) - len(transport)]
    ends = _ends(network) + struct.pack("!HH", *struct.unpack_from("!HH", transport))
    headers = write(STACK, NETWORK, network) + write(STACK, TRANSPORT, transport) + write(STACK, ENDS, ends)
    where = copy(1, CONTEXT) + copy(2, STACK, ENDS) + put(3, len(ends)) + put(4, OWN_NAMESPACE) + put(5, 0)
    which = copy(1, LISTENER) + copy(2, STACK, NETWORK) + put(3, len(network))
    asked = which + copy(4, STACK, TRANSPORT) + put(5, len(transport)) + call(helper)
    found = copy(CONTEXT, 1) + headers + where + call(LOOK_UP) + when(0, 0, end(0)) + copy(LISTENER, 0)
    return found + asked + copy(ANSWER, 0) + copy(1, LISTENER) + call(RELEASE) + copy(0, ANSWER) + end()


def _ends(network: bytes) -> bytes:
    """Both addresses, the sender's first."""
    return network[8:40] if network[0] >> 4 == 6 else network[12:20]
