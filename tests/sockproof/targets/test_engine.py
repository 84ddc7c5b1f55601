"""Podman and Docker: what can be told of them without an image to run."""

from __future__ import annotations

import shutil

import pytest

from sockproof.targets import Wishes
from sockproof.targets.engine import Docker, Podman

pytestmark = pytest.mark.usefixtures("spotless")


@pytest.mark.parametrize("engine", [Podman, Docker])
def test_engine_that_is_not_there_is_told(command, engine, tmp_path):
    ended = command("run", "--target", f"{engine.kind}:image", PATH=str(tmp_path))

    assert ended.status == 2
    assert ended.complaint.endswith(f"{engine.kind} is not on PATH; install {engine.kind}.")


@pytest.mark.parametrize("engine", [Podman, Docker])
def test_image_must_be_named(command, engine):
    assert f"name an image: {engine.kind}:python:3.13-slim." in command("run", "--target", engine.kind).complaint


@pytest.mark.skipif(
    shutil.which("podman") is None or not Podman("podman:x").state().ready, reason="Podman is not usable"
)
def test_image_that_is_not_there_is_told_in_a_sentence(command):
    ended = command("run", "--target", "podman:localhost/nobody/has:this", "--out", "there")

    assert ended.status == 3
    assert ended.complaint.startswith("the target podman did not start (Error: ")
    assert not (command.cwd / "there").exists()


def test_limits_are_the_engines_own():
    line = Podman("podman:image", Wishes(cap_add=("NET_RAW",), cap_drop=("ALL",), seccomp="f", user="7")).line("name")

    assert {"--cap-add=NET_RAW", "--cap-drop=ALL", "--security-opt=seccomp=f", "--user=7", "--network=none"} <= set(
        line
    )
    assert line[-2:] == ["image", "-"]
