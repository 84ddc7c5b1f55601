"""Errors about a SYN or its answer (RFC 9293 section 3.9.2.2; RFC 5461 tells what implementations do)."""

from errno import EAGAIN
from socket import SO_ERROR, SOL_SOCKET

import pytest

from conformance.network.icmp.errors import HARD, LATER, REASSEMBLY, SOFT, came, first, over_errors, quoted, tell
from fixtures.evidence.expect import fails, one_of
from fixtures.evidence.kernel_view import is_in
from fixtures.stage.families import ip4, ip6, over_ip, over_ip4

KEPT = "RFC 9293 3.9.2.2: a soft error must not abort"
ABORTED = "RFC 5461 4: implementations end a connection that is being opened"
UNDELIVERABLE = {ip4: [error for error in SOFT[ip4] if error.code in (0, 1)], ip6: [*HARD[ip6], *SOFT[ip6][-3:]]}
"""Errors after which the kernel does not expect an answer to a SYN-ACK."""


@pytest.mark.claim("icmp.connect.hard-error-ends-it")
@pytest.mark.needs("sock_diag")
@over_errors(HARD)
def test_hard_error_about_the_syn_ends_connect(remote, error):
    client = remote.connecting()

    tell(remote, error, quoted(remote, 0))  # decisive

    is_in(remote.ends, "CLOSE")
    with fails(error.errno):
        client.connect(remote.address)


@pytest.mark.claim("icmp.connect.soft-error")
@over_errors(SOFT, REASSEMBLY)
def test_soft_error_about_the_syn_is_borne_or_ends_connect(remote, error):
    client = remote.connecting()

    tell(remote, error, quoted(remote, 0))  # decisive

    came(remote)
    one_of(client.getsockopt(SOL_SOCKET, SO_ERROR), {error.errno: ABORTED, 0: KEPT}, what="SO_ERROR")


@pytest.mark.claim("icmp.connect.errno-by-code")
@over_errors(LATER)
def test_code_of_an_error_about_the_syn_chooses_errno(remote, error):
    client = remote.connecting()

    tell(remote, error, quoted(remote, 0))  # decisive

    remote.settle()
    client.setblocking(False)  # a kernel that took no notice would go on trying
    with fails(error.errno):
        client.connect(remote.address)


@pytest.mark.claim("icmp.quoted.number-outside-window-ignored")
@pytest.mark.needs("sock_diag")
@pytest.mark.parametrize("number", [-1, 2, 2**31])
@over_ip
def test_error_about_another_syn_is_ignored(remote, number):
    client, error = remote.connecting(), HARD[remote.family][-1]

    tell(remote, error, quoted(remote, number))  # decisive

    came(remote)
    is_in(remote.ends, "SYN_SENT")
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    tell(remote, error, quoted(remote, 0))
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == error.errno


@pytest.mark.claim("icmp.source-quench.discarded")
@over_ip4
def test_source_quench_about_the_syn_is_discarded(remote):
    client = remote.connecting()

    remote.send("ICMP type 4 code 0", about=quoted(remote, 0))  # decisive

    came(remote)
    assert client.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    remote.send("SYN ACK")
    remote.expect("ACK !SYN")


@pytest.mark.claim("icmp.listener.no-error")
@over_errors(first(SOFT), first(HARD))
def test_error_about_a_syn_ack_is_not_told_to_the_listener(remote, error):
    listener = remote.reach("SYN_RECV")

    tell(remote, error, quoted(remote, 0))  # decisive

    came(remote)
    listener.setblocking(False)
    with fails(EAGAIN):
        listener.accept()
    assert listener.getsockopt(SOL_SOCKET, SO_ERROR) == 0
    remote.another("client").open()


@pytest.mark.claim("icmp.listener.request-forgotten")
@pytest.mark.needs("sock_diag")
@over_errors(UNDELIVERABLE)
def test_request_whose_answer_did_not_arrive_is_forgotten(remote, error):
    remote.reach("SYN_RECV")

    tell(remote, error, quoted(remote, 0))  # decisive

    is_in(remote.ends, "CLOSE")


@pytest.mark.claim("icmp.listener.request-needs-its-number")
@pytest.mark.parametrize("number", [1, 2**31])
@over_errors(UNDELIVERABLE)
def test_request_outlives_an_error_with_another_number(remote, error, number):
    listener = remote.reach("SYN_RECV")

    tell(remote, error, quoted(remote, number))  # decisive

    came(remote)
    remote.send("ACK seq 1 ack 1")
    remote.settle()
    listener.setblocking(False)
    assert remote.peers.accepting(listener).getpeername()[:2] == (remote.host, remote.port)
