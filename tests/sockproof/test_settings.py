"""Combinations of settings under which instances once deviated: they hold, each with what it had felled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.settings import ODD, combination

PROJECT = Path(__file__).resolve().parents[2]
ONCE_RED = {
    "no IPv6 for new interfaces": ("net.ipv6.conf.default.disable_ipv6=1", ("udp.receive", "ping"), "ip6"),
    "no IPv6, and any address": ("net.ipv6.conf.all.disable_ipv6=1 net.ipv6.ip_nonlocal_bind=1", ("states",),
                                 "ip4 or ip6"),
    "the standard's urgent pointer": ("net.ipv4.tcp_stdurg=1", ("stream.states", "tcp.urgent"), "ip4"),
    "little room": ("net.ipv4.tcp_rmem=4096,4096,4096 net.ipv4.tcp_window_scaling=0",
                    ("tcp.app-win", "tcp.window-clamp", "tcp.accepted"), "ip4"),
}  # fmt: skip
"""By name, the settings (a comma for a blank), what is run, and which instances of it."""


@pytest.mark.parametrize("name", ONCE_RED)
def test_what_once_deviated_under_odd_settings_does_so_no_more(tmp_path, name):
    settings, selection, keyword = ONCE_RED[name]
    options = [word for each in settings.split() for word in ("--sysctl", each.replace(",", " "))]
    ended = subprocess.run(
        [sys.executable, "-m", "sockproof", "run", *selection, "-k", keyword, "-n", "2", "--out", str(tmp_path / "out"),
         *options],
        cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if "namespace of our own" in ended.stderr:
        pytest.skip("needs a network namespace")
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr


def test_a_seed_names_a_combination():
    assert combination(5) == combination(5) != combination(6)
    assert all(value in ODD[name] for seed in range(50) for name, value in combination(seed).items())
