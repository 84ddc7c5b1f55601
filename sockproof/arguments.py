"""The arguments of each subcommand: their names, what they take, and the line of help that tells of them."""

from __future__ import annotations

import argparse
from typing import NoReturn

from sockproof.errors import UsageError

SELECTION = (
    "claim ids, beginnings of ids up to a dot (tcp.linger), topics (linger), areas (lifecycle) "
    "or quoted globs ('*.zero-*')"
)


RARE = ("gateway_ip", "netmask_ip", "connect_port", "mss", "mtu", "tcp_ts_tick_usecs")
"""Options of packetdrill that the help does not list: docs/packetdrill.md does."""
RUNGS = ("auto", "root", "user-namespace", "loopback")
"""What ``--isolation`` takes: the rungs of fixtures.stage.rungs, which is not imported for a help page."""


class Parser(argparse.ArgumentParser):
    """A parser that raises its complaints as UsageError, so that every error of the command looks alike."""

    def error(self, message: str) -> NoReturn:
        """Raise `message` with the way to the help."""
        is_option = self.prog.endswith(" run") and message.startswith("unrecognized arguments: -")
        behind = " (pytest's own options stand behind --)" if is_option else ""
        raise UsageError(f"{message}{behind}; see {self.prog} --help.")


def run_arguments(parser: Parser) -> None:
    """The arguments of ``run``; the options have the names that the pytest plugin gives them."""
    add = parser.add_argument
    add(
        "selection",
        nargs="*",
        metavar="SELECTION",
        help=f"{SELECTION}, or paths below conformance; all if there is none",
    )
    add("--out", metavar="DIR", help="folder for the results (sockproof-results/<UTC time>, with a link 'latest')")
    add("-n", dest="workers", metavar="N", help="number of worker processes, or 'auto'")
    add("-x", dest="exitfirst", action="store_true", help="stop at the first failure")
    add(
        "-k",
        dest="keyword",
        metavar="EXPR",
        help="only scenarios whose names fit, as pytest reads it: 'ip6 and not unix'",
    )
    add("--isolation", metavar="RUNG", choices=RUNGS, help=f"rung to stand on: {', '.join(RUNGS)} (auto: the best)")
    add("--watch", choices=("all", "asserted"), help="whose packets are shown: of all over IP, or where asserted (all)")
    add("--long", action="store_true", help="run the scenarios that wait for timers of a minute too")
    add(
        "--shard",
        metavar="K/N",
        help="only the K-th of N parts, for several machines; sockproof merge puts them together",
    )
    target_arguments(parser)
    add("--require", metavar="NAME", action="append", default=[], help="fail, not skip, where NAME is missing; repeat")
    text = "known deviations, beside those that come with the suite; 'none' leaves those out; repeat"
    add("--deviations", metavar="FILE", action="append", default=[], help=text)
    add("--sysctl", metavar="NAME=VALUE", action="append", default=[], help="set in every scenario's namespace; repeat")
    add("--unredacted", action="store_true", help="keep names and addresses of hosts in the results")
    parser.usage = "sockproof run [SELECTION ...] [options] [-- PYTEST ARGUMENTS]"


def target_arguments(parser: Parser) -> None:
    """The arguments of ``run`` that say on which kernel, and in what surroundings."""
    add = parser.add_argument
    add("--target", metavar="NAME", default="host", help="kernel to run on (host); sockproof doctor lists all")
    add("--preset", metavar="NAME", help="limits of a container: docker, podman or nothing")
    add("--cap-add", metavar="CAP", action="append", default=[], help="give a container this capability; repeat")
    add("--cap-drop", metavar="CAP", action="append", default=[], help="take this capability from it, or ALL; repeat")
    add("--seccomp", metavar="FILE", help="a container's seccomp profile, in JSON or compiled")
    add("--user", metavar="UID[:GID]", help="user inside a container")
    add("--platform", metavar="NAME", help="platform of gVisor: systrap, ptrace or kvm; of a machine: kvm or tcg")
    add("--memory", metavar="MIB", type=int, default=2048, help="memory of a target that has its own (2048)")
    add("--preload", metavar="LIB.so", help="shared library that takes the place of the socket calls")


def list_arguments(parser: Parser) -> None:
    """The arguments of ``list``."""
    parser.add_argument("selection", nargs="*", metavar="SELECTION", help=f"{SELECTION}; all if there is none")
    parser.add_argument("--json", action="store_true", help="everything about each claim, as JSON")


def show_arguments(parser: Parser) -> None:
    """The arguments of ``show``."""
    parser.add_argument("id", metavar="ID", help="a claim id, or anything else that names claims to list")
    text = "what each instance saw in this run, with the ladder as text"
    parser.add_argument("--results", metavar="RESULTS", help=text)


def doctor_arguments(parser: Parser) -> None:
    """The arguments of ``doctor``."""
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    text = "let only this capability decide the exit status; repeat"
    parser.add_argument("--require", metavar="NAME", action="append", default=[], help=text)


def documents_arguments(parser: Parser) -> None:
    """The arguments of ``documents``."""
    add = parser.add_argument
    text = "three digits, such as 004, or lines of one: 003:120, 003:113-128; all documents if there is none"
    add("document", nargs="*", metavar="DOCUMENT", help=text)
    add("--results", metavar="RESULTS", help="verdicts of this run (the last one below the current folder)")
    add("--json", action="store_true", help="the same as JSON")


def standards_arguments(parser: Parser) -> None:
    """The arguments of ``standards``."""
    add = parser.add_argument
    add(
        "item",
        nargs="*",
        metavar="ITEM",
        help="a standard ('RFC 9293', 'tcp(7)'), an item (MUST-10, SO_MARK), a section, or words ('tcp(7) urgent')",
    )
    add("--open", action="store_true", help="only what no claim decides yet")
    add("--results", metavar="RESULTS", help="verdicts of this run (the last one below the current folder)")
    add("--json", action="store_true", help="the same as JSON")


def report_arguments(parser: Parser) -> None:
    """The arguments of ``report``."""
    parser.add_argument("results", metavar="RESULTS", help="results.json or journal.jsonl, or the folder of a run")
    parser.add_argument("--out", metavar="DIR", help="folder for the pages (beside the results)")
    text = "report.html as an index with a page for each topic, which need no script; with --out"
    parser.add_argument("--split", action="store_true", help=text)


def diagnose_arguments(parser: Parser) -> None:
    """The arguments of ``diagnose``."""
    add = parser.add_argument
    add("results", nargs="?", metavar="RESULTS", help="results.json or journal.jsonl, or the folder of a run")
    add("--json", action="store_true", help="the same as JSON")
    add("--dictionary", metavar="FILE", help="another faults.json of sockproof mutants --signatures")
    add("--self-check", action="store_true", help="how often faults, pairs of them and strangers are told right")
    add("--sample", metavar="N", type=int, help="with --self-check: only so many faults, chosen by the seed")
    add("--seed", metavar="TEXT", default="sockproof", help="chooses the sample and what falls by chance (sockproof)")


def merge_arguments(parser: Parser) -> None:
    """The arguments of ``merge``."""
    parser.add_argument(
        "results", nargs="+", metavar="RESULTS", help="two or more folders of shards, or their results.json"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        default="sockproof-results/merged",
        help="folder for the whole (sockproof-results/merged)",
    )


def history_arguments(parser: Parser) -> None:
    """The arguments of ``history``."""
    add = parser.add_argument
    add("folders", nargs="*", metavar="FOLDER", help="folders of runs, or a folder that holds them (sockproof-results)")
    add("--claim", metavar="CLAIM", help="only this claim, claims that begin so, or a quoted glob")
    add("--json", action="store_true", help="the same as JSON")


def compare_arguments(parser: Parser) -> None:
    """The arguments of ``compare``."""
    add = parser.add_argument
    add("results", nargs="+", metavar="RESULTS", help="two or more results.json or journal.jsonl, or folders of runs")
    add("--out", metavar="DIR", help="folder for compare.html, compare.md and compare.json (sockproof-results/compare)")
    text = "claims to print: differs (default), undecided, same, all, or 'only:NAME' for one side"
    add("--show", metavar="FILTER", default="differs", help=text)
    add("--across-versions", action="store_true", help="compare results of different versions of sockproof too")
    add("--json", action="store_true", help="print compare.json instead")


def deviations_arguments(parser: Parser) -> None:
    """The arguments of ``deviations``."""
    add = parser.add_argument
    add(
        "action",
        choices=("update", "check"),
        help="write records from runs, or look whether files of records are sound",
    )
    add("files", nargs="+", metavar="FILE", help="for update: results or folders of runs; for check: files of records")
    add("--file", metavar="FILE", help="for update: the file that records are appended to (deviations.toml)")
    add("--target", metavar="EXPRESSION", help="for update: of which targets they speak (exactly the one that ran)")


def bundle_arguments(parser: Parser) -> None:
    """The arguments of ``bundle``."""
    parser.add_argument("--out", metavar="PATH", default="sockproof.pyz", help="file, or folder if it has no suffix")


def mutants_arguments(parser: Parser) -> None:
    """The arguments of ``mutants``."""
    add = parser.add_argument
    add("ids", nargs="*", metavar="ID", help="mutants, or quoted globs ('linger.*'); all that count if there is none")
    add("--area", metavar="AREA", help="only this area of the catalogue")
    add("--claim", metavar="CLAIM", action="append", default=[], help=f"only mutants that name {SELECTION}; repeat")
    add("--expect", choices=("kill", "adapt", "equivalent"), help="kill: deviations (default); adapt: legal settings")
    add("--mechanism", choices=("preload", "nft", "sysctl"), help="only mutants that are put in place so")
    add("--awaiting", action="store_true", help="those of which the suite makes no claims yet, which do not count")
    add("--sample", metavar="N", type=int, help="only so many of them, chosen by the seed")
    add("--seed", metavar="TEXT", default="sockproof", help="chooses the sample (sockproof)")
    add("--all-kills", action="store_true", help="do not stop at the first kill: the whole matrix, for many minutes")
    text = "all that reaches each mutant is asked, for the fault dictionary of sockproof diagnose; for an hour"
    add("--signatures", action="store_true", help=text)
    add("--onto", metavar="FILE", help="with --signatures: add to this faults.json what is asked now")
    add("--scenarios", metavar="N", type=int, help="with --signatures: a quicker look, by so many scenarios")
    text = "a whole run of the suite under each, aimed at the rig as well: whether it ends, and with results"
    add("--everywhere", action="store_true", help=text)
    add("--thin", metavar="N", type=int, help="with --everywhere: one instance of every N-th claim, by chance")
    text = "with --everywhere: after so long a run counts as hung (1200)"
    add("--bound", metavar="SECONDS", type=float, default=1200.0, help=text)
    add("-n", dest="children", metavar="N", type=int, help="trials at a time (two for each core)")
    add("--out", metavar="DIR", help="folder for matrix.json and kill-matrix.html (sockproof-results/mutants)")
    add("--resume", action="store_true", help="leave out what an interrupted run has found in that folder")
    add("--fresh", action="store_true", help="ask again whether all is green without a mutant, and who reaches which")
    add("--json", action="store_true", help="print the matrix as JSON")
    add("--catalogue", metavar="DIR", help="another catalogue of mutants")


def packetdrill_arguments(parser: Parser) -> None:
    """The arguments of ``packetdrill``; those of packetdrill's own keep their names."""
    add = parser.add_argument
    add("script", nargs="+", metavar="SCRIPT", help="scripts, or folders with some (*.pkt)")
    add("--out", metavar="DIR", help="folder for the results (sockproof-results/<UTC time>, with a link 'latest')")
    add("-n", dest="workers", metavar="N", help="scripts at a time, or 'auto' (1: they are about time)")
    add("--isolation", metavar="RUNG", choices=RUNGS[:3], help="auto (the best), root or user-namespace")
    add("--unredacted", action="store_true", help="keep names and addresses of hosts in the results")
    text = "ipv4, ipv4-mapped-ipv6 or ipv6, in place of what the script says; repeat to play each"
    add("--ip_version", metavar="VERSION", action="append", default=[], help=text,
        choices=("ipv4", "ipv4-mapped-ipv6", "ipv6"))  # fmt: skip
    add("-D", "--define", metavar="NAME=VALUE", action="append", default=[], help="what a word stands for; repeat")
    for name in ("local_ip", "remote_ip", "gateway_ip", "netmask_ip", "bind_port", "connect_port", "mss", "mtu",
                 "tolerance_usecs", "tolerance_percent", "tcp_ts_tick_usecs"):  # fmt: skip
        text = argparse.SUPPRESS if name in RARE else "as packetdrill's, in place of what the script says"
        add(f"--{name}", metavar="VALUE", help=text)
    for name in ("tcp_ts_ecr_scaled", "strict_segments", "send_omit_free", "verbose"):
        add(f"--{name}", action="store_true", help=argparse.SUPPRESS)
    parser.usage = "sockproof packetdrill SCRIPT ... [options]"


def explore_arguments(parser: Parser) -> None:
    """The arguments of ``explore``."""
    add = parser.add_argument
    add("models", nargs="*", metavar="MODEL", help="models by name, as --list has them; all if there is none")
    add("--list", action="store_true", help="list the models")
    add("--minutes", metavar="N", type=float, default=2.0, help="how long to search in all (2)")
    add("--seed", metavar="N", type=int, default=0, help="where to begin: the same seed takes the same steps (0)")
    add("--replay", metavar="STEPS", help="walk these steps instead of searching, as a failure spells them")
    text = "folder of what was found before, which is tried first (sockproof-results/models)"
    add("--database", metavar="DIR", default="sockproof-results/models", help=text)
    add("--out", metavar="DIR", help="folder for the results (sockproof-results/<UTC time>, with a link 'latest')")
    add("-n", dest="workers", metavar="N", help="worker processes, or 'auto': so many searches at a time")
    add("-k", dest="keyword", metavar="EXPR", help="only instances whose names fit, such as ip4")
    add("--isolation", metavar="RUNG", choices=RUNGS, help=f"rung to stand on: {', '.join(RUNGS)} (auto: the best)")
    add("--preload", metavar="LIB.so", help="shared library that takes the place of the socket calls")
