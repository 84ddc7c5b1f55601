"""The rules of the wire mutants load into a namespace, and act there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sockproof.mutants.catalogue import load
from sockproof.mutants.wire import listing, packets, ruleset

UNSHARE = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c"]
WIRE = {mutant.id: mutant for mutant in load() if mutant.mechanism == "nft"}

STREAM = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname()); server, _ = listener.accept()
client.send(b"hello"); print(server.recv(9)); client.shutdown(1)
server.settimeout(1)
try: print(server.recv(9))
except OSError as error: print(type(error).__name__)
"""
DATAGRAM = """
import socket
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); receiver.bind(("127.0.0.1", 0)); receiver.settimeout(1)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for data in (b"one", b"two"): sender.sendto(data, receiver.getsockname())
for _ in range(2):
    try: print(receiver.recv(9))
    except OSError as error: print(type(error).__name__)
"""


@pytest.fixture(scope="session", autouse=True)
def _namespace_with_nft() -> None:
    if subprocess.run([*UNSHARE, "nft list ruleset"], capture_output=True, check=False).returncode:
        pytest.skip("needs nft and a network namespace: apt install nftables, and permit user namespaces")


def inside(script: str, **files: str) -> subprocess.CompletedProcess[str]:
    """Runs shell lines in a namespace with loopback up; each of `files` is a variable of the shell."""
    settings = [f"{name}={text}" for name, text in files.items()]
    command = ["env", *settings, *UNSHARE, f"ip link set lo up; {script}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("id", WIRE)
def test_rule_loads(id: str) -> None:
    done = inside('printf %s "$rules" | nft -f - && nft list ruleset', rules=ruleset(WIRE[id], ["lo"]))

    assert done.stderr == ""
    assert packets(done.stdout) == 0
    assert "counter packets 0" in done.stdout


@pytest.mark.parametrize(
    ("id", "program", "seen"),
    [
        ("wire.fin.dropped", STREAM, ["b'hello'", "TimeoutError"]),
        ("wire.fin.as-ack", STREAM, ["b'hello'", "TimeoutError"]),
        ("wire.fin.as-reset", STREAM, ["b'hello'", "ConnectionResetError"]),
        ("wire.payload.stream-altered", STREAM, ["b'Xello'", "b''"]),
        ("wire.payload.datagram-altered", DATAGRAM, ["b'Xne'", "b'Xwo'"]),
        ("wire.datagram.lost", DATAGRAM, ["b'one'", "TimeoutError"]),
        ("wire.datagram.duplicated", DATAGRAM, ["b'one'", "b'one'"]),
    ],
)
def test_rule_acts_and_counts(id: str, program: str, seen: list[str]) -> None:
    script = 'printf %s "$rules" | nft -f - && "$python" -c "$program"; printf %s "$listing" | nft -f -'
    rules = ruleset(WIRE[id], ["lo"])

    done = inside(script, rules=rules, python=sys.executable, program=program, listing=listing())

    assert done.stdout.splitlines()[:2] == seen, done.stderr
    assert packets(done.stdout) > 0
