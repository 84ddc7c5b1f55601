"""Hosts that are on no link."""

ELSEWHERE = {"ip4": "203.0.113.5", "ip6": "2001:db8::5"}
"""A host that is on no link (RFC 5737, RFC 3849)."""
PORT = 9
