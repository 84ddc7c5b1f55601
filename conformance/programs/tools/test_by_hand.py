"""nc, socat and telnet as clients of the servers of the documents."""

import pytest

from conformance.programs.samples.programs import needs_samples, sample
from conformance.programs.tools.talking import talking
from fixtures.stage.families import ip4, ip6, over, over_ip4

ANSWER = "It has come.\n"


@pytest.mark.claim("tools.nc.talks-to-the-single-server")
@pytest.mark.needs("command:nc")
@needs_samples
@over_ip4
def test_nc_shows_the_answer_of_the_single_server(peers, family, wire):
    with sample("single_server_004") as server:
        host, port = server.address(family)
        with talking("nc", host, str(port)) as nc:
            nc.says("hello\n")  # decisive

            assert nc.shows(ANSWER)
            assert server.ends().status == 0
            nc.has_no_more()
            nc.ends()
        assert "got: hello\n" in server.output()
        wire.expect("* > server any (6)")
        wire.expect("server > * any (13)")


@pytest.mark.claim("tools.socat.talks-to-the-echo-server")
@pytest.mark.needs("command:socat", "ipv6")
@needs_samples
@over(ip4, ip6)
def test_socat_ends_its_side_and_shows_the_echo(peers, family, wire):
    with sample("echo_server_000") as server:
        host, port = server.address(family)
        to = f"TCP4:{host}:{port}" if family is ip4 else f"TCP6:[{host}]:{port}"
        with talking("socat", "-", to) as socat:
            socat.says("hello\n")
            socat.has_no_more()  # decisive

            assert socat.shows("hello\n")
            assert socat.ends() == 0
        wire.expect("* > server any (6)")
        wire.expect("* > server FIN")
        wire.expect("server > * FIN")


@pytest.mark.claim("tools.telnet.talks-to-the-fork-server")
@pytest.mark.needs("command:telnet")
@needs_samples
@over_ip4
def test_telnet_shows_the_echo_and_that_the_server_has_closed(peers, family, wire):
    with sample("fork_server_004") as server:
        host, port = server.address(family)
        with talking("telnet", host, str(port)) as telnet:
            assert telnet.shows("Connected to")
            telnet.says("hello\n")  # decisive

            assert telnet.shows("hello")
            assert telnet.shows("Connection closed by foreign host")
        wire.expect("server > * FIN")
