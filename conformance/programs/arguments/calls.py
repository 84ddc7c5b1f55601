"""The calls of socket(7) and of waiting as C has them, so that any number and any address can be given to them."""

from __future__ import annotations

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
_TYPES = {"i": ctypes.c_int, "l": ctypes.c_ulong, "p": ctypes.c_void_p, "u": ctypes.c_uint, "z": ctypes.c_size_t}
_SIGNATURES = {
    "accept": "ipp", "accept4": "ippi", "bind": "ipi", "connect": "ipi", "epoll_create": "i", "epoll_create1": "i",
    "epoll_ctl": "iiip", "epoll_wait": "ipii", "getpeername": "ipp", "getsockname": "ipp", "getsockopt": "iiipp",
    "ioctl": "ilp", "listen": "ii", "poll": "pli", "ppoll": "plpp", "pselect": "ippppp", "read": "ipz", "readv": "ipi",
    "recv": "ipzi", "recvfrom": "ipzipp", "recvmmsg": "ipuip", "recvmsg": "ipi", "select": "ipppp", "send": "ipzi",
    "sendfile": "iipz", "sendmmsg": "ipui", "sendmsg": "ipi", "sendto": "ipzipi", "setsockopt": "iiipi",
    "shutdown": "ii", "socket": "iii", "socketpair": "iiip", "splice": "ipipzu", "write": "ipz", "writev": "ipi",
}  # fmt: skip
"""Each argument: int, unsigned long, pointer, unsigned int, size_t."""
_SIZES = frozenset({"read", "readv", "recv", "recvfrom", "recvmsg", "send", "sendfile", "sendmsg", "sendto", "splice",
                    "write", "writev"})  # fmt: skip
"""Calls that give an ssize_t; the others give an int."""

for _name, _signature in _SIGNATURES.items():
    _function = getattr(_libc, _name)
    _function.argtypes = tuple(_TYPES[letter] for letter in _signature)
    _function.restype = ctypes.c_ssize_t if _name in _SIZES else ctypes.c_int


def called(name: str, *arguments: object) -> int:
    """What the C library's function of that name gives; pointers may be numbers. Raises OSError where it fails."""
    result: int = getattr(_libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
