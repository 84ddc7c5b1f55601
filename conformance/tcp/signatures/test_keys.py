"""Whose segments a key is for, which key counts, and which keys there cannot be."""

from errno import EINVAL, ENOENT
from socket import IPPROTO_TCP, SOCK_STREAM, if_nametoindex

import pytest

from conformance.tcp.signatures.keys import (
    BY_INTERFACE,
    BY_PREFIX,
    LENGTH,
    LONGEST,
    TCP_MD5SIG_EXT,
    extended,
    network_key,
)
from conformance.tcp.signatures.keys import listener as listening
from conformance.tcp.signatures.signing import KEY, OTHER_KEY, SIGNED, right, send_signed
from fixtures.evidence.expect import fails
from fixtures.stage.families import ip6, over, over_ip
from fixtures.stage.probes.sockets import TCP_MD5SIG, signature_key
from fixtures.stage.tap import FAR_HOSTS

pytestmark = pytest.mark.needs("signatures")
NETWORKS = {"ip4": ("10.78.0.0", 24, 16), "ip6": ("fd78::", 64, 32)}
"""The network of the scripted hosts: its address, the length of its prefix, and that of a wider one."""
over_ip6 = over(ip6)
ADDRESS_BITS = {"ip4": 32, "ip6": 128}


@pytest.mark.claim("tcp.signatures.key-of-a-network")
@pytest.mark.needs("kernel>=4.14")
@over_ip
def test_key_of_a_network_is_that_of_each_of_its_hosts(remote, family):
    host, length, _ = NETWORKS[family.name]
    network_key(remote.listener(), host, length)  # decisive

    for each in (remote, remote.another("other", host=f"{FAR_HOSTS[family.name]}0")):
        send_signed(each, f"SYN <mss 1460,{SIGNED}>")
        assert right(each.expect("SYN ACK"))


@pytest.mark.claim("tcp.signatures.longest-prefix-counts")
@pytest.mark.needs("kernel>=4.14")
@over_ip
def test_key_of_the_smallest_network_counts(remote, family):
    host, length, wider = NETWORKS[family.name]
    end = remote.listener()
    network_key(end, host, length)  # decisive
    network_key(end, host, wider, key=OTHER_KEY)

    send_signed(remote, f"SYN <mss 1460,{SIGNED}>")

    assert right(remote.expect("SYN ACK"))


@pytest.mark.claim("tcp.signatures.later-key-counts")
@over_ip
def test_later_key_of_a_host_takes_the_place_of_the_earlier(remote):
    end = listening(remote, key=OTHER_KEY)

    end.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signature_key(remote.host, KEY))  # decisive

    send_signed(remote, f"SYN <mss 1460,{SIGNED}>")
    assert right(remote.expect("SYN ACK"))


@pytest.mark.claim("tcp.signatures.impossible-key-refused")
@pytest.mark.needs("kernel>=4.14")
@over_ip
def test_key_that_cannot_be_is_refused(peers, family):
    end, host = peers.socket("end", family.domain, SOCK_STREAM), family.loopback
    too_long = bytearray(signature_key(host, KEY))
    too_long[LENGTH] = (LONGEST + 1).to_bytes(2, "little")
    for wrong in (bytes(too_long), signature_key(host, KEY)[:-1], bytes(2) + signature_key(host, KEY)[2:]):
        with fails(EINVAL):
            end.setsockopt(IPPROTO_TCP, TCP_MD5SIG, wrong)  # decisive
    with fails(EINVAL):
        end.setsockopt(
            IPPROTO_TCP, TCP_MD5SIG_EXT, extended(host, KEY, flags=BY_PREFIX, prefix=ADDRESS_BITS[family.name] + 1)
        )


@pytest.mark.claim("tcp.signatures.interface-of-a-table-alone")
@pytest.mark.needs("kernel>=5.5")
@over_ip
def test_key_for_an_interface_that_has_no_routes_of_its_own_is_refused(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(EINVAL):
        end.setsockopt(  # decisive
            IPPROTO_TCP,
            TCP_MD5SIG_EXT,
            extended(family.loopback, KEY, flags=BY_INTERFACE, interface=if_nametoindex("lo")),
        )


@pytest.mark.claim("tcp.signatures.absent-key-enoent")
@over_ip
def test_key_that_there_is_not_cannot_be_taken_away(peers, family):
    end = peers.socket("end", family.domain, SOCK_STREAM)

    with fails(ENOENT):
        end.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signature_key(family.loopback, b""))  # decisive


@pytest.mark.claim("tcp.signatures.keys-of-both-families")
@over_ip6
def test_key_of_a_peer_over_the_other_family_is_kept_apart(remote):
    end = remote.listener()
    end.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signature_key(remote.host, KEY))  # decisive

    end.setsockopt(IPPROTO_TCP, TCP_MD5SIG, signature_key(f"::ffff:{FAR_HOSTS['ip4']}1", OTHER_KEY))

    send_signed(remote, f"SYN <mss 1460,{SIGNED}>")
    assert right(remote.expect("SYN ACK"))
