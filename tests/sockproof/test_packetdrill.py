"""``sockproof packetdrill``: scripts of our own on the kernel, each as it is and with one line that cannot hold."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from fixtures.stage.capability import Capabilities

SCRIPTS = Path(__file__).parents[1] / "fixtures" / "packetdrill" / "scripts"
BROKEN = {
    "passive-open.pkt": ("ack 501\n+0    ioctl", "ack 502\n+0    ioctl", "ack: expected 502, observed 501"),
    "time-out.pkt": ("+.2~+.25 >", "+.5~+.6 >", "not when the script says"),
    "active-open.pkt": ("sack 1001:2001>", "sack 1001:2002>", "observed <sack 1001:2001>"),
    "blocking.pkt": ("read(4, ..., 100) = 10", "read(4, ..., 100) = 11", "read(): expected 11, observed 10"),
    "datagrams.pkt": ("-1 ECONNREFUSED", "-1 EPERM", "expected -1 EPERM, observed -1 ECONNREFUSED"),
    "datagram-server.pkt": ("port_unreachable", "host_unreachable", "code: expected 1, observed 3"),
    "nobody-listens.pkt": ("> R. 1:1(0)", "> F. 1:1(0)", "flags: expected F., observed R."),
    "path-mtu-v4.pkt": ("[960]", "[961]", "expected [961], observed [960]"),
}
"""By script: what stands in it, what then does instead, and how that must be noticed."""


@pytest.fixture(scope="module", autouse=True)
def playable():
    """Where there is no TAP device no script can be played."""
    usable = os.access("/dev/net/tun", os.R_OK | os.W_OK)
    if not usable or (os.geteuid() == 0 and not Capabilities("root").ask("tap").available):
        pytest.skip("there is no TAP device here")


@pytest.fixture
def scripts(command):
    """A folder with each script as it is, and one with each broken in one place."""
    for name, (good, bad, *_) in BROKEN.items():
        text = (SCRIPTS / name).read_text("utf-8")
        assert text.count(good) == 1
        for folder, written in (("good", text), ("bad", text.replace(good, bad))):
            (command.cwd / folder).mkdir(exist_ok=True)
            (command.cwd / folder / name).write_text(written, "utf-8")
    return command.cwd


def instances(folder):
    return json.loads((folder / "results.json").read_text("utf-8"))["instances"]


def test_scripts_hold_and_each_notices_what_does_not(command, scripts):
    ended = command("packetdrill", "good", "bad", "--out", "out")

    verdicts = {each["source_file"]: each for each in instances(scripts / "out")}
    assert {name: each["verdict"] for name, each in verdicts.items() if name.startswith("good")} == {
        f"good/{name}": "conforms" for name in BROKEN
    }, ended.out
    for name, (good, _, sentence) in BROKEN.items():
        found, text = verdicts[f"bad/{name}"], (SCRIPTS / name).read_text("utf-8")
        line = 1 + text[: text.index(good)].count("\n")
        assert found["verdict"] == "deviates"
        assert f"bad/{name}:{line}: " in found["reason"]
        assert sentence in found["reason"]
    assert ended.status == 1
    assert {path.name for path in (scripts / "out").iterdir()} >= {"report.html", "junit.xml", "summary.md", "pcap"}


def test_a_run_has_a_ladder_and_can_be_reported_again(command, scripts):
    ended = command("packetdrill", "good/datagrams.pkt", "--isolation", "user-namespace", "--out", "out")
    assert ended.status == 0, ended.out + ended.err

    (found,) = instances(scripts / "out")
    assert found["trace"]["lanes"] == ["kernel", "remote"]
    assert [event["text"] for event in found["trace"]["events"]][1:3] == ["connect(3, ..., ...)", "write(3, ..., 100)"]
    assert (scripts / "out" / found["pcap"]).stat().st_size > 100
    assert command("report", "out").status == 0


def test_every_version_of_ip_that_is_asked_for(command, scripts):
    versions = ("ipv4", "ipv4-mapped-ipv6", "ipv6")
    asked = [f"--ip_version={version}" for version in versions]
    command("packetdrill", "good/blocking.pkt", "good/path-mtu-v4.pkt", *asked, "--out", "out", "-n", "2")

    found = sorted((each["id"], each["verdict"]) for each in instances(scripts / "out"))
    assert found == [
        ("good/blocking.pkt::packetdrill[ipv4-mapped-ipv6]", "conforms"),
        ("good/blocking.pkt::packetdrill[ipv4]", "conforms"),
        ("good/blocking.pkt::packetdrill[ipv6]", "conforms"),
        ("good/path-mtu-v4.pkt::packetdrill[ipv4-mapped-ipv6]", "conforms"),
        ("good/path-mtu-v4.pkt::packetdrill[ipv4]", "conforms"),
    ]


UNKNOWN = [
    ("0 frobnicate(3) = 0", "frobnicate() is not understood"),
    ("0 socket(..., SOCK_STRAEM, 0) = 3", "the name SOCK_STRAEM is not known"),
    ("0 socket(..., SOCK_DGRAM, 0) = 3\n+0 connect(3, 99999, ...) = 0", "connect() cannot be made with a number"),
    ("0 close(9) = 0", "no descriptor 9 is open here"),
    ("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 %{ assert tcpi_colour == 1 }%", "'tcpi_colour' is not defined"),
    ("0 `exit 3`", "`exit 3` gave 3"),
    ("0 < . 1:1(0", "is not understood behind the size of a segment"),
]


def test_what_is_not_understood_is_unsupported_and_named(command):
    for place, (text, _) in enumerate(UNKNOWN):
        (command.cwd / f"{place}.pkt").write_text(f"\n{text}\n", "utf-8")
    ended = command("packetdrill", ".", "--out", "out")

    found = sorted(instances(command.cwd / "out"), key=lambda each: each["id"])
    assert [each["verdict"] for each in found] == ["unsupported"] * len(UNKNOWN), ended.out
    for each, (_, sentence) in zip(found, UNKNOWN, strict=True):
        assert sentence in each["reason"]
    assert all(each["reason"].startswith(f"{place}.pkt:") for place, each in enumerate(found))
    assert ended.status == 1


def test_an_interrupt_leaves_what_was_found(command, scripts):
    (scripts / "waits.pkt").write_text("0 poll([], 0, 60000) = 0", "utf-8")
    with command.start("packetdrill", "good/datagrams.pkt", "waits.pkt", "--out", "out") as process:
        first = process.stdout.readline()  # the other script is under way now, or soon
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)

    assert "conforms" in first
    assert (process.returncode, err) == (130, "")
    assert [each["verdict"] for each in instances(scripts / "out")] == ["conforms"]
    assert json.loads((scripts / "out" / "results.json").read_text("utf-8"))["run"]["interrupted"]


def test_a_script_cannot_change_settings_of_the_machine(command):
    """Root in a namespace of the network is root outside as well."""
    setting = Path("/proc/sys/kernel/printk_delay")
    before = setting.read_text("ascii")
    line = "`echo 1 > /proc/sys/kernel/printk_delay`\n0 `sysctl -q net.core.somaxconn=77`"
    (command.cwd / "x.pkt").write_text(line, "utf-8")
    ended = command("packetdrill", "x.pkt")

    assert "x.pkt:1: `echo 1 > /proc/sys/kernel/printk_delay` gave" in ended.out
    assert setting.read_text("ascii") == before


WRONG = [
    (("none.pkt",), "there is no none.pkt"),
    ((".",), "there is no script (*.pkt) in ."),
    (("/dev/null", "--mss=many"), "--mss=many is not understood"),
    (("/dev/null", "-n", "no"), '-n "no" is no number of scripts'),
    (("/dev/null", "-D", "x"), "--define=x defines nothing"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_a_wrong_request_is_refused_in_one_sentence(command, arguments, sentence):
    ended = command("packetdrill", *arguments)
    assert (ended.status, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert sentence in ended.err
