"""Fields of TCP_INFO that came after Linux 2.6."""

from fixtures.packetdrill.info import names


def told(end, *fields):
    """These fields of TCP_INFO; 0 where the kernel does not have them yet."""
    known = names(end.fileno())
    return tuple(known[f"tcpi_{field}"] for field in fields)
