"""Seccomp filters as the BPF programs that bubblewrap takes: a preset's rules, or a profile of container engines.

A program looks at struct seccomp_data (seccomp(2)): the number of the call, the architecture, the arguments.
"""

from __future__ import annotations

import ctypes
import json
import platform
import struct
from collections.abc import Collection, Iterable, Iterator, Mapping
from errno import ENOSYS, EPERM
from pathlib import Path
from typing import Any

from sockproof.targets import TargetError

LOAD, JUMP_EQUAL, JUMP_ABOVE, JUMP_SET, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
"""Offsets in struct seccomp_data; of the argument the low half, on a little-endian machine."""
ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
ERRORS = {"EPERM": EPERM, "ENOSYS": ENOSYS}
NEW_NAMESPACES = 0x7E020000
"""The CLONE_NEW* flags of clone(2)."""
AF_VSOCK = 40
COMPARISONS = {"NE": 1, "LT": 2, "LE": 3, "EQ": 4, "GE": 5, "GT": 6, "MASKED_EQ": 7}
"""libseccomp's names without the nine characters SCMP_CMP_, and its numbers for them (seccomp.h)."""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""How profiles call the machines."""


def instruction(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
    """One struct sock_filter."""
    return struct.pack("=HBBI", code, true, false, value)


def of_preset(preset: Mapping[str, Any], numbers: Mapping[str, int], granted: Collection[str]) -> bytes:
    """The program of a preset for a container that has the capabilities `granted`; `numbers` are this machine's."""
    refused = dict(_refused(preset, numbers, granted))
    program = [
        instruction(LOAD, ARCHITECTURE),
        instruction(JUMP_EQUAL, numbers["_arch"], 1, 0),
        instruction(RETURN, KILL),
        instruction(LOAD, NUMBER),
    ]
    for number, error in refused.items():
        program += [instruction(JUMP_EQUAL, number, 0, 1), instruction(RETURN, ERROR | error)]
    unknown = ERRORS[preset["unknown"]]
    program += [instruction(JUMP_ABOVE, numbers["_last"], 0, 1), instruction(RETURN, ERROR | unknown)]
    if not preset["namespaces"]:
        program += _no_namespaces(numbers, granted)
    return b"".join([*program, instruction(RETURN, ALLOW)])


def _refused(
    preset: Mapping[str, Any], numbers: Mapping[str, int], granted: Collection[str]
) -> Iterator[tuple[int, int]]:
    """The numbers of the refused calls, each with its error."""
    for group in preset["refused"]:
        if group.get("unless") not in granted:
            error = ERRORS[group.get("error", "EPERM")]
            yield from ((numbers[name], error) for name in group["calls"] if name in numbers)


def _no_namespaces(numbers: Mapping[str, int], granted: Collection[str]) -> list[bytes]:
    """Docker's rules that look at an argument: no new namespaces without SYS_ADMIN, and no AF_VSOCK."""
    refuse = instruction(RETURN, ERROR | EPERM)
    socket = [
        instruction(JUMP_EQUAL, numbers["socket"], 0, 4),
        instruction(LOAD, FIRST_ARGUMENT),
        instruction(JUMP_EQUAL, AF_VSOCK, 0, 1),
        refuse,
        instruction(RETURN, ALLOW),
    ]
    if "SYS_ADMIN" in granted:
        return socket
    clone = [
        instruction(JUMP_EQUAL, numbers["clone3"], 0, 1),
        instruction(RETURN, ERROR | ENOSYS),
        instruction(JUMP_EQUAL, numbers["clone"], 0, 4),
        instruction(LOAD, FIRST_ARGUMENT),
        instruction(JUMP_SET, NEW_NAMESPACES, 0, 1),
        refuse,
        instruction(RETURN, ALLOW),
    ]
    return [*clone, *socket]


def from_file(path: Path, granted: Collection[str]) -> bytes:
    """The program in a file: a JSON profile as engines read them, or a compiled one. Raises TargetError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TargetError(f"--seccomp {path} cannot be read: {error.strerror}; name a profile in JSON.") from error
    if data.lstrip()[:1] != b"{":
        if data and len(data) % 8 == 0:
            return data
        raise TargetError(f"--seccomp {path} is neither a profile in JSON nor a compiled filter; name one of these.")
    try:
        profile = json.loads(data)
        return compiled(profile, granted)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TargetError(
            f"--seccomp {path} is no profile ({type(error).__name__}: {error}); "
            "write it as https://docs.docker.com/engine/security/seccomp/ shows."
        ) from error


class Argument(ctypes.Structure):
    """struct scmp_arg_cmp of libseccomp."""

    _fields_ = (("index", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def compiled(profile: Mapping[str, Any], granted: Collection[str]) -> bytes:
    """A profile for a container with these capabilities, compiled by libseccomp. Raises TargetError without it."""
    library = _library()
    default = _action(profile["defaultAction"], profile.get("defaultErrnoRet"))
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(default)))
    if not context:
        raise ValueError(f"defaultAction {profile['defaultAction']}")
    for rule in profile["syscalls"]:
        action = _action(rule["action"], rule.get("errnoRet"))
        if action != default and _applies(rule, granted):
            _add(library, context, action, rule)
    return _exported(library, context)


def _library() -> Any:
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError as error:
        raise TargetError(
            "--seccomp with a JSON profile needs libseccomp; install libseccomp2, or name a compiled filter."
        ) from error
    library.seccomp_init.restype = ctypes.c_void_p
    return library


def _action(name: str, error: int | None) -> int:
    actions = {"SCMP_ACT_ALLOW": ALLOW, "SCMP_ACT_LOG": 0x7FFC0000, "SCMP_ACT_ERRNO": ERROR | (error or EPERM) & 0xFFFF,
               "SCMP_ACT_KILL": 0, "SCMP_ACT_KILL_THREAD": 0, "SCMP_ACT_KILL_PROCESS": KILL,
               "SCMP_ACT_TRAP": 0x00030000}  # fmt: skip
    return actions[name]


def _applies(rule: Mapping[str, Any], granted: Collection[str]) -> bool:
    """Whether a rule holds for this machine and these capabilities."""
    machine, have = ARCHITECTURES.get(platform.machine(), ""), {f"CAP_{name}" for name in granted}
    needed, barred = rule.get("includes") or {}, rule.get("excludes") or {}
    return (
        have >= set(needed.get("caps") or ())
        and machine in (needed.get("arches") or [machine])
        and not have & set(barred.get("caps") or ())
        and machine not in (barred.get("arches") or ())
    )


def _add(library: Any, context: ctypes.c_void_p, action: int, rule: Mapping[str, Any]) -> None:
    arguments = [
        Argument(each["index"], COMPARISONS[each["op"][9:]], each["value"], each.get("valueTwo", 0))
        for each in rule.get("args") or ()
    ]
    array = (Argument * max(1, len(arguments)))(*arguments)
    for name in _names(rule):
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # a call of another machine, or newer than the library, has none
            library.seccomp_rule_add_array(context, ctypes.c_uint32(action), number, len(arguments), array)


def _names(rule: Mapping[str, Any]) -> Iterable[str]:
    return rule.get("names") or [rule["name"]]


def _exported(library: Any, context: ctypes.c_void_p) -> bytes:
    import tempfile

    with tempfile.TemporaryFile() as file:
        if library.seccomp_export_bpf(context, file.fileno()) != 0:
            raise ValueError("libseccomp could not compile it")
        file.seek(0)
        return file.read()
