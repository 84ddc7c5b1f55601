"""The command line: what can be asked, and which module answers. Those modules are imported only when asked."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from sockproof import __version__
from sockproof.errors import Exit, UsageError

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
        raise UsageError(f"{message}; see {self.prog} --help.")


@dataclass(frozen=True)
class Command:
    """A subcommand: the line that tells of it, its arguments, examples, and ``module:function`` that does it."""

    says: str
    arguments: Callable[[Parser], None]
    answer: str
    examples: tuple[tuple[str, str], ...]

    def parser(self, name: str) -> Parser:
        """The parser of this subcommand."""
        parser = Parser(
            prog=f"sockproof {name}",
            description=self.says[:1].upper() + self.says[1:] + ".",
            epilog=examples(self.examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.arguments(parser)
        return parser

    def run(self, asked: argparse.Namespace) -> int:
        """Import the module that answers, and let it; the exit status."""
        module, function = self.answer.split(":")
        answer: Callable[[argparse.Namespace], int] = getattr(import_module(module), function)
        return answer(asked)


def examples(rows: Sequence[tuple[str, str]]) -> str:
    """The end of a help page: commands to copy, each with what it does."""
    width = max(len(command) for command, _ in rows)
    return "examples:\n" + "\n".join(f"  {command:{width}}   {what}" for command, what in rows)


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
        help="a standard ('RFC 9293', 'tcp(7)'), an item (MUST-10, SO_MARK) or a section",
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


COMMANDS = {
    "run": Command(
        "run scenarios against the kernel and write what was found",
        run_arguments,
        "sockproof.running:run",
        (
            ("sockproof run", "everything"),
            ("sockproof run tcp.linger -n 2", "the claims that begin with tcp.linger, by two workers"),
            (
                "sockproof run --out results --require capture",
                "in CI: a folder by name, and no skip for want of packets",
            ),
            ("sockproof run tcp -x -- --pdb", "pytest's own options stand behind --"),
        ),
    ),
    "list": Command(
        "list the claims by area and topic, with the scenarios that check them",
        list_arguments,
        "sockproof.listing:list_claims",
        (
            ("sockproof list", "all claims"),
            ("sockproof list linger '*.eof'", "a topic, and all whose id ends in .eof"),
            ("sockproof list --json", "for programs"),
        ),
    ),
    "show": Command(
        "show a claim whole: sources, scenarios and the verdict of the last run here",
        show_arguments,
        "sockproof.listing:show_claim",
        (
            ("sockproof show tcp.linger.zero-aborts", "one claim"),
            ("sockproof show tcp.linger", "all that begin so"),
            ("sockproof show tcp.linger.zero-aborts --results sockproof-results/latest", "and what a run saw of it"),
        ),
    ),
    "doctor": Command(
        "tell what this machine can decide and what not, with the remedy",
        doctor_arguments,
        "sockproof.doctor:examine",
        (
            ("sockproof doctor", "everything; exit status 1 if something cannot be decided"),
            ("sockproof doctor --require capture", "exit status 1 only without packet capture"),
        ),
    ),
    "documents": Command(
        "tell section by section what the source documents state, whether it is true, and what the last run found",
        documents_arguments,
        "sockproof.documents:tell",
        (
            ("sockproof documents", "all five"),
            ("sockproof documents 004", "one"),
            ("sockproof documents 003:120", "what is stated on a line, whether it is true, and what the run found"),
            ("sockproof documents --results results.json --json", "with the verdicts of a run, for programs"),
        ),
    ),
    "standards": Command(
        "tell item by item what standards demand, which claims decide it, and what the last run found",
        standards_arguments,
        "sockproof.standards:tell",
        (
            ("sockproof standards RFC9293", "one standard"),
            ("sockproof standards MUST-10 3.8.6.1", "these requirements"),
            ("sockproof standards 'tcp(7)' SO_MARK", "a manual page, and an option of any"),
            ("sockproof standards --open", "what is not decided yet"),
        ),
    ),
    "explore": Command(
        "search the models for a sequence of calls that contradicts them, for minutes",
        explore_arguments,
        "sockproof.exploring:explore",
        (
            ("sockproof explore", "all models, for two minutes"),
            ("sockproof explore stream-pair -k unix --minutes 10", "one model over one family"),
            ("sockproof explore --list", "which models there are"),
            ("sockproof explore stream-pair --replay \"error(end='client')\"", "these steps, as a failure tells them"),
        ),
    ),
    "report": Command(
        "draw the pages of a run again from its results: report.html, summary.md, junit.xml, results.ktap, badge.svg",
        report_arguments,
        "sockproof.reporting:redraw",
        (
            ("sockproof report sockproof-results/latest", "the last run, beside its results"),
            ("sockproof report results.json --out pages", "pages elsewhere"),
            ("sockproof report sockproof-results/latest --split --out pages", "a small page for each topic"),
        ),
    ),
    "diagnose": Command(
        "tell which fault a run looks like, by what fell under imitated faults",
        diagnose_arguments,
        "sockproof.diagnosing:diagnose",
        (
            ("sockproof diagnose sockproof-results/latest", "the last run"),
            ("sockproof diagnose --self-check", "how often faults, pairs of them and strangers are told right"),
        ),
    ),
    "merge": Command(
        "put the shards of a run together: results and pages as of one run",
        merge_arguments,
        "sockproof.merging:merge",
        (
            ("sockproof merge shard-1 shard-2 --out whole", "what sockproof run --shard 1/2 and 2/2 have left"),
            ("sockproof merge shards/*", "as many as there are, into sockproof-results/merged"),
        ),
    ),
    "history": Command(
        "tell what turned from run to run, and when",
        history_arguments,
        "sockproof.history:tell",
        (
            ("sockproof history", "the runs below sockproof-results"),
            ("sockproof history nightly --claim tcp.linger", "claims of one subject"),
        ),
    ),
    "compare": Command(
        "put results beside one another: where kernels differ, or what one run has that another has not",
        compare_arguments,
        "sockproof.comparing:compare",
        (
            ("sockproof compare host gvisor", "two folders of runs; exit status 1 if they differ"),
            ("sockproof compare yesterday sockproof-results/latest", "what changed on one target"),
            ("sockproof compare a b c --show 'only:gvisor'", "where one of three stands alone"),
        ),
    ),
    "deviations": Command(
        "write records of what deviates on a target, for a person to fill in, and check files of them",
        deviations_arguments,
        "sockproof.deviating:deviations",
        (
            ("sockproof deviations update sockproof-results/latest", "append what is not known yet to deviations.toml"),
            ("sockproof deviations update gv --target 'gvisor>=20240101'", "for a range of versions"),
            (
                "sockproof deviations check deviations.toml",
                "is it sound, and does it speak of scenarios that there are?",
            ),
        ),
    ),
    "packetdrill": Command(
        "play scripts of packetdrill on the kernel, and tell what is not as they say",
        packetdrill_arguments,
        "sockproof.packetdrill:play",
        (
            ("sockproof packetdrill close.pkt", "one script"),
            ("sockproof packetdrill gtests/net/tcp --ip_version=ipv4", "a folder of them, over IPv4"),
            ("sockproof packetdrill close.pkt -D CC=reno --tolerance_usecs=10000", "with packetdrill's own options"),
        ),
    ),
    "bundle": Command(
        "write the suite and all that it needs into one file, for machines that have only Python",
        bundle_arguments,
        "sockproof.bundle:write",
        (
            ("sockproof bundle", "sockproof.pyz; over there: python3 sockproof.pyz run"),
            ("sockproof bundle --out folder", "as a folder; over there: python3 folder run"),
        ),
    ),
    "mutants": Command(
        "put deliberate deviations under the suite, and tell which of them it notices",
        mutants_arguments,
        "sockproof.mutants.asking:run",
        (
            ("sockproof mutants", "every deviation of which the suite makes a claim"),
            ("sockproof mutants --area linger", "one area"),
            ("sockproof mutants --claim tcp.linger.zero-aborts", "who tests a claim"),
            ("sockproof mutants --expect adapt", "legal settings, under which all must stay green"),
            ("sockproof mutants --everywhere --thin 1", "whether a run under each of them ends with results"),
        ),
    ),
}

OVERVIEW = (
    ("sockproof run", "run all scenarios; the last line says where the report is"),
    ("sockproof list", "what is checked"),
    ("sockproof doctor", "what can be checked on this machine"),
)


def top_parser() -> Parser:
    """The parser of what comes before a subcommand, and of the overview."""
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:{width}}   {command.says}" for name, command in COMMANDS.items())
    parser = Parser(
        prog="sockproof",
        usage="sockproof [--version] COMMAND ...",
        description="Checks what the documentation says about sockets against the kernel that is running.",
        epilog=f"commands (each has --help):\n{lines}\n\n{examples(OVERVIEW)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    text = "print the version and end"
    parser.add_argument("--version", action="version", version=f"sockproof {__version__}", help=text)
    return parser


def parse(arguments: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """The command asked for and its arguments; what stands behind ``--`` is ``pytest_arguments``.

    Raises UsageError. SystemExit ends ``--help`` and ``--version``.
    """
    own, _, behind = split(arguments)
    name = command_name(own[:1])
    if behind and name != "run":
        raise UsageError(f"sockproof {name} takes no arguments behind --; only sockproof run hands them to pytest.")
    # Intermixed, so that options may stand before, between and after the selections.
    asked = COMMANDS[name].parser(name).parse_intermixed_args(own[1:])
    asked.pytest_arguments = behind
    return COMMANDS[name], asked


def command_name(first: list[str]) -> str:
    """The subcommand that the first argument names. Raises UsageError; ``--help`` and ``--version`` end here."""
    if first and first[0] in COMMANDS:
        return first[0]
    known = f"the commands are {', '.join(COMMANDS)}; see sockproof --help."
    _, unknown = top_parser().parse_known_args(first)
    if not unknown:
        top_parser().print_help()
        raise SystemExit(Exit.USAGE)
    near = get_close_matches(unknown[0], COMMANDS, 1)
    raise UsageError(f'there is no command "{unknown[0]}"; {f"did you mean {near[0]}? " if near else ""}{known}')


def split(arguments: Sequence[str]) -> tuple[list[str], bool, list[str]]:
    """What stands before the first ``--``, whether there is one, and what stands behind it."""
    if "--" not in arguments:
        return list(arguments), False, []
    place = list(arguments).index("--")
    return list(arguments[:place]), True, list(arguments[place + 1 :])


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks; the exit status. Every error is one sentence on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a character such as "§" shows its number
            stream.reconfigure(errors="backslashreplace")
    try:
        command, asked = parse(arguments)
        status = command.run(asked)
        sys.stdout.flush()
        return status
    except UsageError as error:
        return complain(str(error), Exit.USAGE)
    except KeyboardInterrupt:
        return complain("interrupted.", Exit.INTERRUPTED)
    except BrokenPipeError:
        return hang_up()
    except OSError as error:
        hang_up()  # perhaps it was standard output, which would be written once more at exit
        return complain(f"{error.filename or 'the system'}: {error.strerror or error}.", Exit.INTERNAL)
    except MemoryError:
        raise
    except Exception as error:
        return complain(internal(error), Exit.INTERNAL)


def complain(sentence: str, status: Exit) -> int:
    """Say `sentence` on standard error; `status`."""
    print(f"sockproof: error: {sentence}", file=sys.stderr)
    return status


def hang_up() -> int:
    """The status when the reader of standard output has gone, as ``head`` does: it has what it wanted."""
    # The interpreter would try to write the rest at exit and complain: let it write to nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return Exit.EXPECTED


def internal(error: Exception) -> str:
    """One sentence for an error of our own: what, in which function, and what to do with it."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    module = frame.tb_frame.f_globals.get("__name__", "") if frame else ""
    place = f"{module}.{frame.tb_frame.f_code.co_name}" if frame else "an unknown place"
    return f"internal: {type(error).__name__}: {error} in {place}; report it with the output of sockproof doctor."
