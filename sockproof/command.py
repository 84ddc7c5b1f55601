"""The command line: what can be asked, and which module answers. Those modules are imported only when asked."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper

from sockproof import __version__, last_resort
from sockproof.arguments import (
    Parser,
    bundle_arguments,
    compare_arguments,
    deviations_arguments,
    diagnose_arguments,
    doctor_arguments,
    documents_arguments,
    explore_arguments,
    history_arguments,
    list_arguments,
    merge_arguments,
    mutants_arguments,
    packetdrill_arguments,
    report_arguments,
    run_arguments,
    show_arguments,
    standards_arguments,
)
from sockproof.errors import Exit, UsageError


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
            ("sockproof list linger '*-eof'", "a topic, and all whose id ends in -eof"),
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
            ("sockproof standards 'tcp(7) urgent'", "the items of a page with a word in them"),
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
        return broken_off(f"{error.filename or 'the system'}: {error.strerror or error}.")
    except MemoryError:
        raise
    except Exception as error:
        return broken_off(internal(error))


def broken_off(sentence: str) -> int:
    """The status of a command that broke off; one that was to run something leaves results that say so."""
    if (standing := last_resort.standing()) is not None:
        with suppress(OSError):
            standing.leave_bare(sentence)
    return complain(sentence, Exit.INTERNAL)


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
