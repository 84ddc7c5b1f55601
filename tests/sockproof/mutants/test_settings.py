"""The settings of the catalogue can be set in a namespace of one's own, and read back as they were set."""

from __future__ import annotations

import subprocess

import pytest

from sockproof.mutants.catalogue import load

SETTINGS = [mutant.argument for mutant in load() if mutant.mechanism == "sysctl"]

# Reads "path value" lines; says for each whether it is missing, refused, or what it reads afterwards.
TRY = """
ip link set lo up
while read -r path value; do
    old=$(cat "/proc/sys/$path" 2>&1) || { echo missing; continue; }
    { echo "$value" > "/proc/sys/$path"; } 2>&1 | grep -q . && { echo refused; continue; }
    tr '\\t' ' ' < "/proc/sys/$path"
    echo "$old" > "/proc/sys/$path"
done
"""


def test_every_setting_this_kernel_knows_reads_back() -> None:
    pairs = [setting.split("=", 1) for setting in SETTINGS]
    lines = "".join(f"{name.replace('.', '/')} {value}\n" for name, value in pairs)
    command = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", TRY]

    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)

    if done.returncode:
        pytest.skip(f"needs a network namespace: {done.stderr.strip()}; permit user namespaces or run as root")
    answers = done.stdout.splitlines()
    assert len(answers) == len(pairs)
    wrong = [(name, value, seen) for (name, value), seen in zip(pairs, answers, strict=True) if seen != value]
    assert [each for each in wrong if each[2] not in ("missing", "refused")] == []
    assert len(wrong) < len(pairs) / 4
