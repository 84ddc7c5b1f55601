"""The definitions for fleets: whole, of the shape that their readers want, and with commands that sockproof takes."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from sockproof.command import parse
from sockproof.targets.known import KINDS

FLEET = Path(__file__).resolve().parents[3] / "docs" / "fleet"
TEXTS = {path.name: path.read_text("utf-8") for path in sorted(FLEET.rglob("*")) if path.is_file()}
TEXT = {"type": "string", "minLength": 1}


def of(required: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "required": list(required), "properties": required}


CONTAINER = of({"name": TEXT, "image": TEXT, "command": {"type": "array", "items": TEXT}, "args": {"type": "array"}})
SCHEMAS = {
    "job.yaml": of(
        {
            "apiVersion": {"const": "batch/v1"},
            "kind": {"const": "Job"},
            "metadata": of({"name": TEXT}),
            "spec": of(
                {
                    "completions": {"type": "integer", "minimum": 1},
                    "template": of(
                        {
                            "metadata": of({"labels": {"type": "object"}}),
                            "spec": of(
                                {
                                    "restartPolicy": {"enum": ["Never", "OnFailure"]},
                                    "containers": {"type": "array", "minItems": 1, "items": CONTAINER},
                                }
                            ),
                        }
                    ),
                }
            ),
        }
    ),
    "sonobuoy.yaml": of(
        {
            "sonobuoy-config": of(
                {
                    "driver": {"enum": ["DaemonSet", "Job"]},
                    "plugin-name": TEXT,
                    "result-format": {"enum": ["junit", "raw", "manual", "e2e", "gojson"]},
                }
            ),
            "spec": CONTAINER,
        }
    ),
    "action.yml": of(
        {
            "name": TEXT,
            "description": TEXT,
            "inputs": {"type": "object", "additionalProperties": of({"description": TEXT})},
            "runs": of({"using": {"const": "composite"}, "steps": {"type": "array", "minItems": 1}}),
        }
    ),
    "gitlab.yml": of({".sockproof": of({"image": TEXT, "script": {"type": "array", "items": TEXT}, "artifacts": {}})}),
}
"""What the documentation of each reader demands of these files; their whole schemas are not ours to carry."""


@pytest.mark.parametrize("name", SCHEMAS)
def test_definition_has_the_shape_that_its_reader_wants(name):
    Draft202012Validator(SCHEMAS[name]).validate(yaml.safe_load(TEXTS[name]))


def commands(text: str) -> list[list[str]]:
    """Every run of sockproof in a definition, up to the end of its command; a variable that may be empty is."""
    found = re.findall(r"(?:sockproof\.pyz|sockproof\"?) (run (?:[^;\n\])&|]|$)*)", text)
    return [[word for word in shlex.split(line, comments=True) if word not in OPTIONAL] for line in found]


OPTIONAL = ("$SELECTION", "$ARGUMENTS", "$SOCKPROOF_SELECTION")


@pytest.mark.parametrize("name", SCHEMAS)
def test_commands_are_those_that_sockproof_takes(name):
    found = commands(TEXTS[name])
    assert found
    for words in found:
        parse(words)


PROJECT = FLEET.parents[1]


def test_job_of_the_night_runs_on_every_target_that_makes_itself():
    """Whatever needs no image, no machine and no command of somebody's."""
    (listed,) = re.findall(r"for target in (.*); do", (PROJECT / ".ci" / "scheduled").read_text("utf-8"))
    kinds = {word.partition(":")[0].strip("${") for word in listed.split()}

    assert "vm:$kernel" in listed
    assert {"host", "container", "gvisor", "uml"} <= kinds
    assert kinds - {"kernel"} <= KINDS.keys()
    steps = yaml.safe_load((PROJECT / ".github" / "workflows" / "scheduled.yml").read_text("utf-8"))["jobs"]["targets"]
    assert [step for step in steps["steps"] if step.get("run", "").startswith(".ci/scheduled ")]


def test_image_runs_the_suite_by_default():
    (line,) = [line for line in TEXTS["Containerfile"].splitlines() if line.startswith("CMD ")]
    parse(json.loads(line.removeprefix("CMD ")))


def test_labels_by_which_pods_are_spread_are_theirs():
    job = yaml.safe_load(TEXTS["job.yaml"])["spec"]["template"]
    (spread,) = job["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"]["matchLabels"].items() <= job["metadata"]["labels"].items()
    volumes = {volume["name"] for volume in job["spec"]["volumes"]}
    assert {mount["name"] for mount in job["spec"]["containers"][0]["volumeMounts"]} == volumes


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_command_of_the_job_runs_in_a_container(command, tmp_path):
    """The bundle, as the job runs it, in a container with Docker's limits."""
    from sockproof.targets.container import Container

    command("bundle")
    results = tmp_path / "results"
    (results / "run").mkdir(parents=True)
    script = yaml.safe_load(TEXTS["job.yaml"])["spec"]["template"]["spec"]["containers"][0]["args"][0]
    line = script.replace("/suite", str(command.cwd)).replace("/results", str(results)).partition(";")[0]
    container = Container("container:docker")
    words = ["bwrap", *container._namespaces(), "--bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]

    ended = command.ran([*words, *container._limits(), "--setenv", "PATH", "/usr/bin:/bin", "sh", "-c", line])

    assert ended.status == 0, ended.err
    assert (results / "run" / "results.json").exists()
