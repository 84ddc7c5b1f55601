"""Addresses to text and back: whatever it is, it comes back (inet_ntop(3), inet_pton(3); RFC 4291, RFC 5952)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import AF_INET, AF_INET6
from typing import Any

from hypothesis import strategies as st

from conformance.addressing.names.libc import inet_ntop, inet_pton
from fixtures.models.machine import Model, step

BYTE = st.one_of(st.integers(0, 255), st.sampled_from((0, 255)))
GROUP = st.one_of(st.sampled_from((0, 0, 0, 1, 0xFFFF)), st.integers(0, 0xFFFF))

KNOWN = ("192.0.2.1", "127.0.0.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1", "1::8")


class Texts(Model):
    """Any address of either family."""

    @step(numbers=st.lists(BYTE, min_size=4, max_size=4))
    def ip4(self, numbers: list[int]) -> None:
        """Four numbers."""
        address = bytes(numbers)
        self.round_trip(AF_INET, address, {str(IPv4Address(address))})

    @step(groups=st.lists(GROUP, min_size=8, max_size=8), upper=st.booleans(), zeros=st.booleans())
    def ip6(self, groups: list[int], upper: bool, zeros: bool) -> None:
        """Eight groups, also written out in another way that means the same."""
        address = b"".join(group.to_bytes(2, "big") for group in groups)
        self.round_trip(AF_INET6, address, spellings(address))
        written = ":".join(f"{group:04x}" if zeros else f"{group:x}" for group in groups)
        self.reads(AF_INET6, written.upper() if upper else written, address)

    @step(numbers=st.lists(BYTE, min_size=4, max_size=4))
    def mapped(self, numbers: list[int]) -> None:
        """An IPv4 address within one of IPv6, with its dots."""
        address = bytes(10) + b"\xff\xff" + bytes(numbers)
        self.round_trip(AF_INET6, address, spellings(address))
        self.reads(AF_INET6, f"::ffff:{IPv4Address(bytes(numbers))}", address)

    @step(text=st.sampled_from(KNOWN))
    def known(self, text: str) -> None:
        """An address that documents and programs know."""
        self.round_trip(AF_INET6 if ":" in text else AF_INET, ip_address(text).packed, {text})

    def round_trip(self, family: int, address: bytes, accepted: set[str]) -> None:
        """To text, which is canonical, and back."""
        told = inet_ntop(family, address)
        text = told.data.partition(b"\0")[0].decode("ascii", "replace")
        self.gives("inet_ntop()", text, accepted)
        self.reads(family, text, address)

    def reads(self, family: int, text: str, address: bytes) -> None:
        """The text means this address."""
        found = inet_pton(family, text)
        self.gives(f"inet_pton({text})", (found.result, found.data[: len(address)]), {(1, address)})

    def state(self) -> Any:
        """Nothing lasts."""
        return None


def spellings(address: bytes) -> set[str]:
    """How RFC 5952 writes an address; with IPv4 at its end where it is mapped (5), or compatible (RFC 4291 2.5.5.1)."""
    canonical = str(IPv6Address(address))
    dotted = str(IPv4Address(address[12:]))
    if address[:12] == bytes(10) + b"\xff\xff":
        return {canonical, f"::ffff:{dotted}"}
    compatible = address[:12] == bytes(12)
    return {canonical, f"::{dotted}"} if compatible else {canonical}
