"""``sockproof doctor``: what is asked, what is answered, and the exit status."""

from __future__ import annotations

import json
import platform
import sys
import textwrap

import pytest

from fixtures.catalogue.scenario_files import Mark, Scenario
from fixtures.stage.namespaces import fresh_namespace
from reports.record import Capability
from sockproof.doctor import BY_FIXTURE, Findings, as_text
from sockproof.packages import Package
from tests.sockproof.conftest import PROJECT

GOOD = Package("pytest", "9", "9.2.1")
CAPTURE = Capability("capture", False, "not-permitted", "socket(AF_PACKET): EPERM", "grant CAP_NET_RAW")


def scenario(name, *needs, arguments=()):
    return Scenario("conformance/tcp/test_x.py", 1, name, None, (Mark("needs", needs, 1),), arguments)


def findings(*capabilities, **changes):
    values = {
        "isolation": "root",
        "packages": (GOOD,),
        "scenarios": (scenario("test_a", "capture"), scenario("test_b")),
    }
    return Findings(capabilities, **{**values, **changes})


def test_doctor_tells_of_the_machine(command):
    out = command("doctor").out
    assert f"Linux {platform.release()}" in out
    assert platform.python_version() in out
    assert "isolation" in out


def test_json_and_status_agree_with_the_probes(command):
    ended = command("doctor", "--json")
    data = json.loads(ended.out)
    unavailable = [item["name"] for item in data["capabilities"] if not item["available"]]

    assert ended.status == data["exit_code"] == (1 if unavailable else 0)
    assert {item["name"] for item in data["capabilities"]} >= {"namespace", "capture"}
    assert {item["name"]: item["scenarios"] for item in data["capabilities"]}["namespace"] == 1
    assert data["scenarios"] == 2
    assert all(package["suits"] for package in data["packages"])


def test_a_capability_that_scenarios_name_is_probed_too(command, checkout):
    path = checkout.root / "conformance" / "pair" / "test_pair.py"
    path.write_text(path.read_text("utf-8").replace('needs("namespace")', 'needs("kernel>=99.0")'))
    ended = command("doctor")
    assert ended.status == 1
    assert f"unsupported: kernel {platform.release()}" in ended.out
    assert "Not available here: kernel>=99.0" in ended.out
    assert "Scenarios that need one of these: 1 of 2." in ended.out


def test_only_what_is_required_decides_the_status(command):
    assert command("doctor", "--require", "kernel>=2.6").status == 0
    ended = command("doctor", "--require", "kernel>=99.0")
    assert ended.status == 1
    assert "kernel>=99.0" in ended.out


def test_missing_packages_are_told_with_the_remedy(without_packages):
    ended = without_packages("doctor")
    assert ended.status == 1
    assert "-m pip install 'pytest>=9'" in ended.out
    assert "The suite cannot run before this is installed" in ended.out
    assert ended.err == ""


def test_what_is_missing_is_shown_with_verdict_probe_and_remedy():
    text = "\n".join(as_text(findings(Capability("ipv6", True), CAPTURE)))
    assert "not-permitted: socket(AF_PACKET): EPERM" in text
    assert "remedy for capture:\n  grant CAP_NET_RAW" in text
    assert "Not available here: capture. Scenarios that need one of these: 1 of 2." in text


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (findings(Capability("capture", True)), 0),
        (findings(CAPTURE), 1),
        (findings(CAPTURE, required=("ipv6",)), 0),
        (findings(CAPTURE, required=("capture",)), 1),
        (findings(packages=(Package("pytest", "9", "8.4"),)), 1),
        (findings(packages=(Package("pytest", "9", None),)), 1),
    ],
)
def test_the_status_says_whether_everything_can_be_decided(found, status):
    assert found.status == status


def test_a_fixture_counts_as_a_need():
    found = findings(CAPTURE, scenarios=(scenario("test_a", arguments=("stream_pair", "wire")),))
    assert found.uses()["capture"] == 1
    assert [each.name for each in found.undecidable] == ["test_a"]


def test_the_needs_of_fixtures_are_those_of_the_plugin():
    from fixtures.run.plugin import IMPLIED

    assert IMPLIED.items() <= BY_FIXTURE.items()


@pytest.mark.parametrize(("version", "suits"), [("9.0", True), ("9.2.1", True), ("10.0", True), ("8.9", False)])
def test_versions_are_compared_as_numbers(version, suits):
    assert Package("pytest", "9", version).suits is suits


def test_a_loopback_that_cannot_be_used_is_told():
    told = findings(CAPTURE, isolation="loopback", fault="loopback is down, so nothing can run")
    assert told.status == 1
    assert "The suite cannot run here: loopback is down, so nothing can run." in list(as_text(told))


def test_doctor_and_run_tell_of_a_loopback_that_is_down(command):
    without = textwrap.dedent("""
        import ctypes, runpy, sys
        from tests.fixtures.seccomp import forbid
        ctypes.CDLL(None).unshare(0x40000000)  # a namespace whose loopback nobody has brought up
        forbid("unshare")
        runpy.run_module("sockproof", run_name="__main__", alter_sys=True)
    """)
    _needs_namespace()
    for words, status in ((["doctor"], 1), (["run"], 2)):
        ended = command.ran([sys.executable, "-c", without, *words], PYTHONPATH=f"{command.checkout.root}:{PROJECT}")
        assert ended.status == status, ended
        assert "loopback is down in this network namespace" in ended.out + ended.err
        assert "Traceback" not in ended.out + ended.err


def _needs_namespace():
    try:
        with fresh_namespace():
            pass
    except OSError as error:
        pytest.skip(f"needs a network namespace: {error}")
