"""Names that are looked up: the hosts file, the name server, and what is asked of it."""

from socket import (
    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    AI_NUMERICHOST,
    EAI_AGAIN,
    EAI_NONAME,
    EAI_SERVICE,
    SOCK_DGRAM,
    SOCK_STREAM,
    gaierror,
    getaddrinfo,
)  # fmt: skip

import pytest

from conformance.addressing.names.dns import Question
from fixtures.evidence.expect import one_of

pytestmark = pytest.mark.needs("namespace")
MANY = {("many.test", "A"): ["192.0.2.1", "192.0.2.2", "192.0.2.3"], ("many.test", "AAAA"): ["2001:db8::1"]}
BOTH = [Question("many.test", "A", "UDP"), Question("many.test", "AAAA", "UDP")]


def hosts(name, family=AF_UNSPEC):
    """The addresses that a lookup gives, without order: RFC 6724 sorts them by the routes of the moment."""
    return sorted(address[0] for *_, address in getaddrinfo(name, 80, family, SOCK_STREAM))


def code(name, service="80", kind=SOCK_STREAM):
    """The EAI code with which a lookup fails, 0 where it does not."""
    try:
        getaddrinfo(name, service, AF_INET, kind)
    except gaierror as error:
        return error.errno
    return 0


@pytest.mark.claim("lookup.list.one-for-each-address")
def test_every_address_of_a_name_is_in_the_list(resolver):
    resolver.records = MANY

    found = []
    found = resolver.during(lambda: hosts("many.test"))  # decisive

    assert found == sorted([*MANY["many.test", "A"], *MANY["many.test", "AAAA"]])


@pytest.mark.claim("lookup.hosts.found-without-a-query")
@pytest.mark.parametrize("name", ["both.test", "four.test", "localhost"])
def test_name_in_the_hosts_file_is_not_asked_for(resolver, wire, name):
    resolver.records = {(name, "A"): ["192.0.2.99"]}

    found = []
    found = resolver.during(lambda: hosts(name, AF_INET))  # decisive

    assert found == [{"both.test": "192.0.2.10", "four.test": "192.0.2.20", "localhost": "127.0.0.1"}[name]]
    assert resolver.questions == []
    wire.never("* > nameserver UDP")
    wire.never("* > nameserver SYN")


@pytest.mark.claim("lookup.hosts.both-families")
def test_hosts_file_may_have_a_name_in_both_families(resolver):
    resolver.files["host.conf"] = "multi on\n"  # decisive

    found = resolver.during(lambda: hosts("both.test"))

    assert found == ["192.0.2.10", "2001:db8::10"]


@pytest.mark.claim("lookup.hosts.order-by-nsswitch")
@pytest.mark.parametrize(("order", "expected"), [("files dns", "192.0.2.20"), ("dns files", "192.0.2.99")])
def test_nsswitch_says_who_is_asked_first(resolver, order, expected):
    resolver.records, resolver.order = {("four.test", "A"): ["192.0.2.99"]}, order

    found = []
    found = resolver.during(lambda: hosts("four.test", AF_INET))  # decisive

    assert found == [expected]


@pytest.mark.claim("lookup.hosts.others-are-asked-for")
def test_name_that_the_hosts_file_lacks_is_asked_for(resolver, wire):
    resolver.records = MANY

    resolver.during(lambda: hosts("many.test", AF_INET))  # decisive

    assert resolver.questions == BOTH[:1]
    wire.expect("* > nameserver UDP")


@pytest.mark.claim("lookup.dns.both-families-asked")
def test_any_family_asks_for_addresses_of_both(resolver):
    resolver.records = MANY

    resolver.during(lambda: hosts("many.test"))  # decisive

    assert sorted(resolver.questions, key=str) == BOTH


@pytest.mark.claim("lookup.dns.one-family-asked")
@pytest.mark.parametrize(("family", "kind"), [(AF_INET, "A"), (AF_INET6, "AAAA")])
def test_one_family_asks_for_its_addresses(resolver, family, kind):
    resolver.records = MANY

    found = []
    found = resolver.during(lambda: hosts("many.test", family))  # decisive

    assert resolver.questions == [Question("many.test", kind, "UDP")]
    assert found == MANY["many.test", kind]


@pytest.mark.claim("lookup.dns.asks-again")
@pytest.mark.parametrize("times", [1, 2, 3])
def test_every_lookup_asks_again(resolver, times):
    resolver.records = MANY

    found = []
    found = resolver.during(lambda: [hosts("many.test", AF_INET) for _ in range(times)])  # decisive

    assert resolver.questions == BOTH[:1] * times
    assert found == [MANY["many.test", "A"]] * times


@pytest.mark.claim("lookup.dns.new-answer-counts")
def test_second_lookup_gives_the_new_answer(resolver):
    resolver.records = {("moves.test", "A"): ["192.0.2.1"]}

    def twice():
        yield hosts("moves.test", AF_INET)
        yield hosts("moves.test", AF_INET)

    resolver.changes = {("moves.test", "A"): ["192.0.2.2"]}  # decisive

    assert resolver.during(lambda: list(twice())) == [["192.0.2.1"], ["192.0.2.2"]]


@pytest.mark.claim("lookup.dns.by-udp")
def test_query_goes_by_udp(resolver, wire):
    resolver.records = MANY

    resolver.during(lambda: hosts("many.test", AF_INET))  # decisive

    wire.expect("* > nameserver UDP")
    wire.expect("nameserver > * UDP")
    wire.never("* > nameserver SYN")


@pytest.mark.claim("lookup.dns.cut-answer-by-tcp")
def test_cut_answer_is_asked_for_again_by_tcp(resolver, wire):
    resolver.records, resolver.truncating = MANY, True  # decisive

    found = resolver.during(lambda: hosts("many.test", AF_INET))

    assert found == MANY["many.test", "A"]
    assert resolver.questions == [Question("many.test", "A", "UDP"), Question("many.test", "A", "TCP")]
    wire.expect("* > nameserver UDP")
    wire.expect("* > nameserver SYN")


@pytest.mark.claim("lookup.dns.use-vc-by-tcp")
def test_option_use_vc_asks_by_tcp_at_once(resolver, wire):
    resolver.records, resolver.options = MANY, "use-vc"  # decisive

    found = resolver.during(lambda: hosts("many.test", AF_INET))

    assert (found, resolver.questions) == (MANY["many.test", "A"], [Question("many.test", "A", "TCP")])
    wire.expect("* > nameserver SYN")
    wire.never("* > nameserver UDP")


@pytest.mark.claim("lookup.dns.unknown-name-fails")
def test_name_that_nobody_knows_fails(resolver):
    resolver.records = MANY

    seen = None
    seen = resolver.during(lambda: code("none.test"))  # decisive

    assert seen == EAI_NONAME
    assert resolver.questions[0] == Question("none.test", "A", "UDP")


@pytest.mark.claim("lookup.dns.no-server-is-temporary")
def test_no_name_server_is_a_temporary_failure(resolver):
    resolver.files["hosts"] = ""
    resolver.close()  # decisive

    assert resolver.during(lambda: code("many.test")) == EAI_AGAIN


@pytest.mark.claim("lookup.numeric.asks-nobody")
@pytest.mark.parametrize("flags", [0, AI_NUMERICHOST])
@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_numeric_host_is_not_asked_for(resolver, wire, host, flags):
    found = []
    found = resolver.during(lambda: getaddrinfo(host, 80, AF_UNSPEC, SOCK_STREAM, 0, flags))  # decisive

    assert [address[0] for *_, address in found] == [host]
    assert resolver.questions == []
    wire.never("* > nameserver UDP")


@pytest.mark.claim("lookup.service.name")
@pytest.mark.parametrize(("service", "kind", "port"), [
    ("ours", SOCK_STREAM, 4711), ("ours", SOCK_DGRAM, 4711), ("one-number", SOCK_STREAM, 4713),
])  # fmt: skip
def test_service_may_be_a_name_of_the_services_file(looked_up, service, kind, port):
    found = []
    found = looked_up(lambda: getaddrinfo("127.0.0.1", service, AF_INET, kind))  # decisive

    assert [address for *_, address in found] == [("127.0.0.1", port)]


@pytest.mark.claim("lookup.service.unknown-fails")
@pytest.mark.parametrize(("service", "kind"), [("none-such", SOCK_STREAM), ("only-stream", SOCK_DGRAM)])
def test_unknown_service_fails(looked_up, service, kind):
    seen = None
    seen = looked_up(lambda: code("127.0.0.1", service, kind))  # decisive

    one_of(seen, {EAI_SERVICE: "getaddrinfo(3) RETURN VALUE, EAI_SERVICE",
                  EAI_NONAME: "getaddrinfo(3) RETURN VALUE, EAI_NONAME"}, what="code")  # fmt: skip
