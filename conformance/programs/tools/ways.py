"""A third namespace behind the far end of a link, which passes packets on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.evidence.verdicts import Unavailable
from fixtures.evidence.waiting import until
from fixtures.stage.families import ip4
from fixtures.stage.links import Link
from fixtures.stage.namespaces import Namespace, fresh_namespace
from fixtures.stage.rtnetlink import Routes
from fixtures.stage.sysctls import write_sysctl

ROUTER, BEYOND = "10.78.0.1", "10.78.0.2"
"""The router's address on the second link, and that of the host behind it."""
OUT, END = "out0", "end0"


@contextmanager
def beyond(link: Link) -> Iterator[Namespace]:
    """The namespace of a host behind `link.far`; the calling thread is in the near one, from which there is a way."""
    with fresh_namespace() as host:
        with link.far.entered(), Routes() as router:
            router.make_veth(OUT, END, host.descriptor)
            router.furnish(socket.if_nametoindex(OUT), [ROUTER])
            write_sysctl(link.far, "net.ipv4.ip_forward", 1)
        with Routes() as routes:
            _furnish(routes, END, BEYOND)
            routes.lead_on(ROUTER)
        with link.near.entered(), Routes() as near:
            near.lead_on(link.far_host(ip4))
            _must_lead_to(BEYOND)
            yield host


def _must_lead_to(host: str) -> None:
    """Raises Unavailable where the kernel took the routes and knows no way: it has none that go by another host."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError as error:
            raise Unavailable(f"a route by way of a router: {error.strerror}", verdict="unsupported") from error


def _furnish(routes: Routes, interface: str, address: str) -> None:
    """The interface has its address and forwards frames."""
    index = socket.if_nametoindex(interface)
    routes.furnish(index, [address])
    until(lambda: routes.is_up(index), what=f"{interface} to come up")
