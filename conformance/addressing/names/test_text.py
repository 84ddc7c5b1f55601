"""Addresses as text and as bytes: byte order, inet_pton(), inet_ntop(), inet_aton(), inet_ntoa()."""

from errno import EAFNOSUPPORT, EDOM, ENOSPC
from socket import AF_INET, AF_INET6, AF_UNIX
from struct import pack
from sys import byteorder

import pytest

from conformance.addressing.names.libc import (
    NOT_CALLED,
    ORDERS,
    inet_aton,
    inet_ntoa,
    inet_ntop,
    inet_pton,
    order,
    text_at,
)
from fixtures.evidence.expect import one_of
from fixtures.stage.families import over_ip

NUMBERS = {2: 0x1234, 4: 0x12345678}
UNTOUCHED = b"\xff" * 16
BAD = {
    "too-few": (AF_INET, "127.1"), "one-number": (AF_INET, "2130706433"),
    "hexadecimal": (AF_INET, "0x7f.0.0.1"), "too-large": (AF_INET, "256.0.0.1"), "too-many": (AF_INET, "1.2.3.4.5"),
    "blank": (AF_INET, "127.0.0.1 "), "empty": (AF_INET, ""), "name": (AF_INET, "localhost"),
    "ip6-as-ip4": (AF_INET, "::1"), "ip4-as-ip6": (AF_INET6, "127.0.0.1"), "zone": (AF_INET6, "fe80::1%lo"),
    "two-gaps": (AF_INET6, "1::2::3"), "five-digits": (AF_INET6, "12345::"), "brackets": (AF_INET6, "[::1]"),
}  # fmt: skip
GOOD = {
    "ip4": (AF_INET, "192.0.2.1", bytes([192, 0, 2, 1]), "192.0.2.1"),
    "ip4-highest": (AF_INET, "255.255.255.255", b"\xff" * 4, "255.255.255.255"),
    "ip6": (AF_INET6, "2001:db8::1", b"\x20\x01\x0d\xb8" + bytes(11) + b"\1", "2001:db8::1"),
    "ip6-whole": (AF_INET6, "1:0:0:0:0:0:0:8", b"\0\1" + bytes(13) + b"\x08", "1::8"),
    "ip6-upper-case": (AF_INET6, "2001:DB8::A", b"\x20\x01\x0d\xb8" + bytes(11) + b"\x0a", "2001:db8::a"),
    "ip6-any": (AF_INET6, "::", bytes(16), "::"),
    "mapped": (AF_INET6, "::FFFF:192.0.2.1", bytes(10) + b"\xff\xff\xc0\0\2\1", "::ffff:192.0.2.1"),
}
SHORT = {
    "127.1": bytes([127, 0, 0, 1]), "1.2.3": bytes([1, 2, 0, 3]), "2130706433": bytes([127, 0, 0, 1]),
    "0x7f.1": bytes([127, 0, 0, 1]), "010.0.0.1": bytes([8, 0, 0, 1]), "1.2.3.4": bytes([1, 2, 3, 4]),
}  # fmt: skip
UNKNOWN = pytest.mark.parametrize("family", [AF_UNIX, 255], ids=["unix", "none"])
bad = pytest.mark.parametrize(("family", "text"), BAD.values(), ids=BAD)
good = pytest.mark.parametrize(("family", "text", "address", "canonical"), GOOD.values(), ids=GOOD)


@pytest.mark.claim("inet.order.network-is-big-endian")
@pytest.mark.parametrize("name", ["htons", "htonl"])
def test_host_numbers_become_big_endian(name):
    size = ORDERS[name][1]

    network = 0
    network = order(name, NUMBERS[size])  # decisive

    assert pack({2: "=H", 4: "=I"}[size], network) == NUMBERS[size].to_bytes(size, "big")


@pytest.mark.claim("inet.order.and-back")
@pytest.mark.parametrize("name", ["ntohs", "ntohl"])
def test_big_endian_numbers_become_host_numbers(name):
    size = ORDERS[name][1]
    network = int.from_bytes(NUMBERS[size].to_bytes(size, "big"), byteorder)

    host = 0
    host = order(name, network)  # decisive

    assert host == NUMBERS[size]


@pytest.mark.claim("inet.pton.zero-leaves-errno")
@pytest.mark.parametrize("errno", [0, EDOM])
@bad
def test_bad_text_gives_zero_and_leaves_errno_alone(family, text, errno):
    answer = NOT_CALLED
    answer = inet_pton(family, text, errno=errno)  # decisive

    assert (answer.result, answer.errno) == (0, errno)


@pytest.mark.claim("inet.pton.unknown-family-fails")
@UNKNOWN
def test_unknown_family_gives_minus_one_and_eafnosupport(family):
    answer = NOT_CALLED
    answer = inet_pton(family, "127.0.0.1")  # decisive

    assert (answer.result, answer.errno, answer.data) == (-1, EAFNOSUPPORT, UNTOUCHED)


@pytest.mark.claim("inet.pton.text-to-bytes")
@good
def test_text_becomes_the_address_in_network_order(family, text, address, canonical):
    answer = NOT_CALLED
    answer = inet_pton(family, text)  # decisive

    assert (answer.result, answer.data[: len(address)]) == (1, address)
    assert answer.data[len(address) :] == UNTOUCHED[len(address) :]


@pytest.mark.claim("inet.pton.strict")
@bad
def test_text_of_any_other_form_is_refused(family, text):
    answer = NOT_CALLED
    answer = inet_pton(family, text)  # decisive

    assert answer.result == 0


@pytest.mark.claim("inet.pton.strict")
def test_leading_zero_makes_no_octal_number():
    answer = NOT_CALLED
    answer = inet_pton(AF_INET, "010.0.0.1")  # decisive

    one_of((answer.result, answer.data[:4]), {
        (0, UNTOUCHED[:4]): "inet_pton(3) DESCRIPTION: decimal numbers only",
        (1, bytes([10, 0, 0, 1])): "inet_pton(3) DESCRIPTION: up to three digits",
    }, what="result and address")  # fmt: skip


@pytest.mark.claim("inet.ntop.bytes-to-text")
@good
def test_address_becomes_its_shortest_text(family, text, address, canonical):
    answer = NOT_CALLED
    answer = inet_ntop(family, address)  # decisive

    assert (answer.result, answer.data.decode()) == (1, canonical)


@pytest.mark.claim("inet.ntop.too-little-room")
@good
def test_text_that_does_not_fit_is_refused(family, text, address, canonical):
    answer = NOT_CALLED
    answer = inet_ntop(family, address, room=len(canonical))  # decisive

    assert (answer.result, answer.errno) == (0, ENOSPC)
    assert answer.data[len(canonical) :] == b"\xff" * (64 - len(canonical))
    assert inet_ntop(family, address, room=len(canonical) + 1).data.decode() == canonical


@pytest.mark.claim("inet.ntop.unknown-family-fails")
@UNKNOWN
def test_unknown_family_has_no_text(family):
    answer = NOT_CALLED
    answer = inet_ntop(family, bytes(16))  # decisive

    assert (answer.result, answer.errno) == (0, EAFNOSUPPORT)


@pytest.mark.claim("inet.aton.takes-short-forms")
@pytest.mark.parametrize(("text", "address"), SHORT.items(), ids=SHORT)
def test_inet_aton_takes_numbers_and_dots(text, address):
    answer = NOT_CALLED
    answer = inet_aton(text)  # decisive

    assert (answer.result != 0, answer.data) == (True, address)


@pytest.mark.claim("inet.aton.zero-leaves-errno")
@pytest.mark.parametrize("errno", [0, EDOM])
@pytest.mark.parametrize("text", ["256.0.0.1", "1.2.3.4.5", "::1", "name", ""])
def test_inet_aton_gives_zero_and_leaves_errno_alone(text, errno):
    answer = NOT_CALLED
    answer = inet_aton(text, errno=errno)  # decisive

    assert (answer.result, answer.errno) == (0, errno)


@pytest.mark.claim("inet.ntoa.dotted-decimal")
@pytest.mark.parametrize("parts", [(127, 0, 0, 1), (192, 0, 2, 10), (255, 255, 255, 255), (10, 0, 0, 1)])
def test_inet_ntoa_gives_dotted_decimal(parts):
    pointer = inet_ntoa(bytes(4))
    pointer = inet_ntoa(bytes(parts))  # decisive

    assert text_at(pointer) == ".".join(map(str, parts))


@pytest.mark.claim("inet.ntoa.one-buffer")
def test_second_call_overwrites_the_text_of_the_first():
    first = inet_ntoa(bytes([192, 0, 2, 1]))
    before = text_at(first)

    second = 0
    second = inet_ntoa(bytes([127, 0, 0, 1]))  # decisive

    assert before == "192.0.2.1"
    assert first == second
    assert text_at(first) == "127.0.0.1"


@pytest.mark.claim("inet.ntop.caller-has-the-buffer")
@over_ip
def test_each_text_of_inet_ntop_is_the_callers(family):
    first = inet_ntop(family.domain, bytes(16))

    second = NOT_CALLED
    second = inet_ntop(family.domain, b"\1" * 16)  # decisive

    assert first.data.decode() == family.wildcard
    assert second.data.decode() == inet_ntop(family.domain, b"\1" * 16).data.decode()
    assert second.data != first.data
