"""Who may have a port beside whom, and which of those that share it receives: whatever came before."""

from socket import SOCK_DGRAM, SOCK_STREAM

import pytest

from fixtures.evidence.verdicts import Unavailable
from fixtures.stage.users import another_user


@pytest.fixture
def other():
    """The number of another user, None where there is none to be."""
    try:
        return another_user()
    except Unavailable:
        return None


@pytest.mark.claim("model.binds.conflict-by-the-table")
@pytest.mark.needs("namespace", "ipv6")
@pytest.mark.deadline(60)
@pytest.mark.parametrize(
    "kind",
    [pytest.param(SOCK_STREAM, id="stream", marks=pytest.mark.needs("time-wait-listed")),
     pytest.param(SOCK_DGRAM, id="datagram")],
)  # fmt: skip
def test_any_binds_to_one_port(searching, kind, other):
    from conformance.addressing.models.binds import Binds  # imports Hypothesis: only for who runs this

    search = searching(Binds, kind, other, sequences=30, length=20)
    search.run()  # decisive

    assert search.sequences_tried


@pytest.mark.claim("model.datagram-choice.most-exact-receives")
@pytest.mark.usefixtures("many_ports")
@pytest.mark.needs("namespace", "ipv6")
@pytest.mark.deadline(60)
def test_any_datagram_to_a_shared_port(searching):
    from conformance.addressing.models.choice import Choice

    search = searching(Choice, sequences=20, length=30)
    search.run()  # decisive

    assert search.sequences_tried


@pytest.mark.claim("model.address-text.comes-back")
@pytest.mark.deadline(60)
def test_any_address_as_text(searching):
    from conformance.addressing.models.texts import Texts

    search = searching(Texts, sequences=10, length=20)
    search.run()  # decisive

    assert search.sequences_tried
