"""Results for the tests: one run with every verdict and every awkward text, and builders for others."""

# fmt: off
# ruff: noqa: E501  an entry a line reads as a table

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reports.record import Capability, Check, Claim, Event, Instance, Results, Run, Source, Target, Trace
from reports.source_documents import Document, Section, Sentence, Statement

START = 1_763_690_000_000_000_000
SITES = ("https://man7.org/", "https://www.rfc-editor.org/", "https://pubs.opengroup.org/", "https://docs.kernel.org/", "https://git.kernel.org/")
"""Where the pages link to: what is cited can be read there, and nothing is fetched from there."""
INJECTION = "<script>alert('x')</script>\"&"


def call(lane: str, at: int, text: str, result: str | None = None, *, until: int | None = None, failed: bool = False):
    """A call `at` microseconds after the start; it returns one microsecond later unless `until` says otherwise."""
    ends = at + 1 if until is None else until
    return Event(START + at * 1000, "call", lane, text, result, START + ends * 1000, failed=failed)


def packet(lane: str, to: str | None, at: int, text: str):
    return Event(START + at * 1000, "packet", lane, text, to=to)


def note(lane: str, at: int, text: str):
    return Event(START + at * 1000, "note", lane, text)


RESET = Trace(
    ("client", "server"),
    (
        call("client", 0, "connect('127.0.0.1', 41327)", "0", until=41),
        packet("client", "server", 12, "SYN 0:0(0) win 65495 <mss 65495,sackOK,ts,nop,wscale 7>"),
        packet("server", "client", 20, "SYN ACK 0:0(0) ack 1 win 65483 <mss 65495,sackOK,ts,nop,wscale 7>"),
        packet("client", "server", 27, "ACK 1:1(0) ack 1 win 512"),
        call("server", 55, "accept()", "fd 7"),
        call("server", 70, "recv(1)", "ECONNRESET", until=1_204_000, failed=True),
        call("client", 90, "setsockopt(SOL_SOCKET, SO_LINGER, {on, 0})"),
        call("client", 1_203_100, "close()", until=1_203_140),
        packet("client", "server", 1_203_112, "RST ACK 1:1(0) ack 1 win 512"),
        call("server", 1_204_200, "getsockopt(SOL_SOCKET, SO_ERROR)", "0"),
        note("server", 1_204_300, "closed"),
    ),
)

THREE = Trace(
    ("listener", "client", "server"),
    (
        call("listener", 0, "listen(0)"),
        call("listener", 3, "accept()", "fd 9", until=80),
        call("client", 20, "connect('::1', 34000)", "0", until=50),
        packet("client", "listener", 30, "SYN 0:0(0) win 65476 <mss 65476,sackOK,ts,nop,wscale 7>"),
        packet("listener", "client", 33, "SYN ACK 0:0(0) ack 1 win 65464"),
        packet("client", "server", 40, "ACK 1:1(0) ack 1 win 512"),
        note("", 90, "the queue of accepted connections is full from here on"),
        call("server", 100, "sendmsg([65536 bytes, 65536 bytes, 65536 bytes, 65536 bytes], MSG_DONTWAIT|MSG_NOSIGNAL)", "EAGAIN", failed=True),
        packet("server", "client", 110, "PSH ACK 1:65484(65483) ack 1 win 512"),
        packet("client", "client", 120, "UDP (5) ttl 1"),
        packet("server", "server", 130, "UDP (5) ttl 64 and some more words"),
    ),
    omitted=12,
)

FIVE = Trace(
    ("sender", "member", "other", "stranger"),
    (
        call("member", 0, "setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, 239.1.2.3 on 127.0.0.1)"),
        call("other", 4, "recv(100)", "b'hello'", until=90),
        call("other", 5, "poll([POLLIN], 1000)", "[(4, POLLIN)]", until=70),
        packet("member", "239.1.2.3", 10, "IGMP join 239.1.2.3 ttl 1"),
        call("sender", 50, "sendto(b'hello', ('239.1.2.3', 5000))", "5", until=66),
        packet("sender", "239.1.2.3", 55, "UDP (5) ttl 1"),
        packet("239.1.2.3", "sender", 58, "ICMP unreachable port with a long explanation of what it was that could not be reached ttl 64"),
        packet("stranger", None, 60, "UDP (5) ttl 1"),
        packet("stranger", "sender", 61, INJECTION),
        Event(START + 95_000, "call", "stranger", "recv(1)"),
        call("sender", 100, "close()"),
    ),
)


def claim(name: str = "tcp.linger.zero-aborts", **changes: Any) -> Claim:
    """A claim; its topic is the first part of its name."""
    plain = Claim(
        id=name,
        says="close() with SO_LINGER on and zero seconds resets the connection and sends no FIN.",
        level="must",
        authority="implementation",
        sources=(Source("RFC 9293", "3.10.5"), Source("socket(7)", "SO_LINGER")),
        topic=name.partition(".")[0],
    )
    return replace(plain, **changes)


def instance(verdict: str = "conforms", name: str = "tcp.linger.zero-aborts", family: str = "ip4", **changes: Any):
    """An instance of the claim `name` in one family."""
    scenario = changes.pop("scenario", "test_close_with_zero_linger_resets")
    plain = Instance(
        id=f"conformance/tcp/test_linger.py::{scenario}[{family}]",
        claim=name,
        scenario=scenario,
        parameters={"family": family},
        verdict=verdict,  # type: ignore[arg-type]
        duration=0.0041,
        source_file="conformance/tcp/test_linger.py",
        source_line=31,
        worker="gw0",
    )
    return replace(plain, **changes)


SEEN_RESET = (
    Check("client > server RST", "client > server RST ACK 1:1(0) ack 1 win 512", True, "wire", "1 s"),
    Check("never client > server FIN", "no such packet", True, "wire"),
    Check("recv() fails with ECONNRESET", "ECONNRESET", True),
    Check("state CLOSE", "CLOSE", True, "kernel", citation="tcp(7)"),
)
SEEN_FIN = (
    Check("client > server RST", "client > server FIN ACK 1:1(0) ack 1 win 512\nserver > client ACK", False, "wire", "1 s"),
    Check("recv() fails with ECONNRESET", "b''", False),
)

FAILURE = """expected  client > server RST
within    1 s
captured  client > server FIN ACK
          server > client ACK
pcap      pcap/test_close_with_zero_linger_resets-ip6.pcapng"""


def run(**changes: Any) -> Run:
    plain = Run("20261121-024640", START, "0.1.0", START + 12_300_000_000, complete=True, exit_code=1, workers=2, collected=9)
    return replace(plain, arguments=("-n", "2", "-k", "linger|time_wait"), **changes)


def target(**changes: Any) -> Target:
    probes = (
        Capability("namespace", True, probe="unshare(CLONE_NEWNET): 0"),
        Capability("capture", False, "not-permitted", "socket(AF_PACKET): EPERM", "Run as root, or allow user namespaces."),
        Capability("sysctl:net.ipv4.tcp_syncookies", False, "unsupported", "open: ENOENT"),
    )
    plain = Target("host", "6.8.0-45-generic", "x86_64", "3.11.9", "Debian GNU/Linux 12", "user-namespace", probes)
    return replace(plain, **changes)


CLAIMS = (
    claim(),
    claim("tcp.linger.off-sends-fin", says="close() without SO_LINGER sends what is queued, then FIN.", level="documented", authority="manual"),
    claim(
        "tcp.time-wait.fin-timeout",
        says="tcp_fin_timeout does not shorten TIME_WAIT.",
        documents=("002 §4.2", "004 §11"),
        status="refuted",
        really="TIME_WAIT lasts 60 seconds whatever tcp_fin_timeout says; that sysctl bounds orphaned FIN_WAIT2.",
        since="2.4",
        note="The name misleads.",
    ),
    claim("multicast.loop.default-on", says="A sender's own host receives its multicast datagrams.", documents=("001 §7",), status="upheld"),
    claim("multicast.loop.igmp", says="Joining a group sends an IGMP report.", documents=("001 §7",), status="nuanced", really="Not for 224.0.0.1."),
    claim("unix.sigpipe.first-write", says="The first write to a closed peer fails."),
    claim("unix.queue.unchecked", says="A claim without a scenario."),
    claim("options.injection", says=f"A claim that says {INJECTION}", note=INJECTION, sources=(Source(INJECTION, INJECTION),)),
)

INSTANCES = (
    instance(checks=SEEN_RESET, trace=RESET, pcap="pcap/test_close_with_zero_linger_resets-ip4.pcapng", captured=4),
    instance("deviates", family="ip6", checks=SEEN_FIN, trace=RESET, reason=FAILURE, details=f"def test():\n>   wire.expect()\nE   {FAILURE}", pcap="pcap/a b#1.pcapng", captured=4),
    instance(name="tcp.linger.off-sends-fin", scenario="test_close_sends_fin", checks=SEEN_RESET[:1]),
    instance("deviates", name="tcp.time-wait.fin-timeout", scenario="test_fin_timeout", expected=True, reason="expected  60 s\nobserved  1 s"),
    instance(name="multicast.loop.default-on", scenario="test_loop", trace=THREE, parts={"calls": "conforms", "wire": "not-permitted"}, reason="needs capture: socket(AF_PACKET): EPERM"),
    instance("not-permitted", name="multicast.loop.igmp", scenario="test_igmp", reason="needs capture: socket(AF_PACKET): EPERM", remedy="Run as root, or allow user namespaces."),
    instance("unsupported", name="multicast.loop.igmp", scenario="test_igmp", family="ip6", reason="needs ip6: socket(AF_INET6): EAFNOSUPPORT"),
    instance("inconclusive", name="unix.sigpipe.first-write", scenario="test_first_write", family="unix", reason="the capture lost 3 frames", captured=17, dropped=3, trace=FIVE),
    instance("harness-error", name="options.injection", scenario="test_injection", family=INJECTION, reason=f"KeyError: {INJECTION}\x00\x1b[31m", details="Traceback\x07 " + INJECTION, doc=INJECTION),
)

DOCUMENTS = (
    Document(
        "001", "Options", (Section("§7", "Groups", 5), Section("§8", "Nothing that is stated", 20)), f"A text {INJECTION}", "30",
        (
            Sentence("7-9", f"One hears oneself {INJECTION}", ("groups.loop", "groups.all"), "001 sender"),
            Sentence("6", "A group is joined.", ("groups.loop",)),
            Sentence("21", "Nothing known.", ("groups.none",)),
        ),
    ),
    Document("002", "Ends", (Section("§4.2", "TIME_WAIT"),)),
    Document("004", f"Tuning {INJECTION}", (Section("§1", "Advice"), Section("§11", "Timers"))),
)
STATEMENTS = (
    Statement("timewait.shorter", "tcp_fin_timeout shortens TIME_WAIT.", ("002 §4.2", "004 §11"), "refuted", ("tcp.time-wait.fin-timeout",)),
    Statement("groups.loop", f"A sender hears itself {INJECTION}", ("001 §7",), "upheld", ("multicast.loop.default-on", "not.in.catalogue")),
    Statement("groups.all", "All hear it.", ("001 §7",), "nuanced", ("tcp.linger.zero-aborts",), really="Those who joined."),
    Statement("groups.quiet", "Nobody else does.", ("001 §7",), "refuted", ("multicast.loop.default-on",), implied="It follows."),
    Statement("advice.tune", "Tune with care.", ("004 §1",), "not-checkable", (), "Advice."),
)


def results(**changes: Any) -> Results:
    """A run with every verdict in it."""
    return replace(Results(run(), target(), CLAIMS, INSTANCES, DOCUMENTS, STATEMENTS), **changes)


def green() -> Results:
    """A run in which nothing was unexpected."""
    return results(instances=INSTANCES[:1], claims=CLAIMS[:2], run=run(exit_code=0, collected=1))


def many(number: int = 600, events: int = 20) -> Results:
    """A run as big as the whole suite will be."""
    names = [f"topic{at % 12}.subject{at % 60}.outcome{at % 150}" for at in range(number)]
    lines = tuple(
        packet("client", "server", at, f"PSH ACK {at}:{at + 100}(100) ack 1 win 512")
        if at % 2
        else call("client", at, f"send(100 bytes, MSG_DONTWAIT) {at}", "100")
        for at in range(events)
    )
    claims = tuple(claim(name) for name in dict.fromkeys(names))
    trace = Trace(("client", "server"), lines)
    ran = tuple(
        instance(name=name, scenario=f"test_{at}", checks=SEEN_RESET, trace=trace, pcap=f"pcap/{at}.pcapng")
        for at, name in enumerate(names)
    )
    return results(claims=claims, instances=ran)
