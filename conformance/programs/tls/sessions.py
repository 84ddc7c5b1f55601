"""TLS over a pair of sockets: a certificate made on the spot, and both sides of the handshake in one thread."""

from __future__ import annotations

import subprocess
from pathlib import Path
from select import POLLIN
from typing import TYPE_CHECKING

import pytest

from fixtures.evidence.recorder import RecordedSocket
from fixtures.evidence.waiting import ready

if TYPE_CHECKING:
    import ssl

NAME, OTHER = "server.example", "other.example"
PROTOCOL = "sockproof/1"
HOSTNAME_MISMATCH = 62
"""X509_V_ERR_HOSTNAME_MISMATCH of openssl/x509_vfy.h."""
needs_certificate = pytest.mark.needs("command:openssl")
REQUEST = (
    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    "-subj", f"/CN={NAME}",
    "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", "key.pem", "-out", "certificate.pem",
)  # fmt: skip


def certified(folder: Path) -> ssl.SSLContext:
    """The context of a server that is certified as NAME, by itself; ``certificate.pem`` is left in `folder`."""
    import ssl

    subprocess.run(REQUEST, cwd=folder, check=True, capture_output=True)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    made.set_alpn_protocols([PROTOCOL])
    return made


def verifying(folder: Path) -> ssl.SSLContext:
    """The context of a client that trusts the certificate in `folder` alone, and looks at the name."""
    import ssl

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(folder / "certificate.pem")
    made.set_alpn_protocols([PROTOCOL])
    return made


def trusting() -> ssl.SSLContext:
    """The context of a client that verifies nothing."""
    import ssl

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols([PROTOCOL])
    return made


class Side:
    """One side of a session, whose records go through a socket."""

    def __init__(self, context: ssl.SSLContext, end: RecordedSocket, name: str | None) -> None:
        import ssl

        self.end, self._in, self._out = end, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self._in, self._out, server_side=name is None, server_hostname=name)
        self._wants = ssl.SSLWantReadError

    def shakes_hands(self) -> bool:
        """Goes on with the handshake as far as it can; whether it is done. Raises ssl.SSLError."""
        try:
            self.session.do_handshake()
        except self._wants:
            return False
        finally:
            self.flush()
        return True

    def flush(self) -> None:
        """Sends what the library wants to be sent."""
        if data := self._out.read():
            self.end.sendall(data)

    def take(self) -> None:
        """Hands what has come to the library. Raises Deviation where nothing comes."""
        ready(self.end, POLLIN)
        self._in.write(self.end.recv(1 << 16))

    def says(self, message: bytes) -> None:
        """Sends a message in records."""
        self.session.write(message)
        self.flush()

    def hears(self, count: int) -> bytes:
        """The next `count` bytes, or less, that the other side has said."""
        while True:
            try:
                return self.session.read(count)
            except self._wants:
                self.take()


def shake_hands(client: Side, server: Side) -> None:
    """Both sides finish their handshake. Raises ssl.SSLError where one of them refuses."""
    client.shakes_hands()
    server.take()
    server.shakes_hands()
    client.take()
    while not client.shakes_hands():
        client.take()
    while not server.shakes_hands():
        server.take()


def refusal(client: Side, server: Side) -> int:
    """The number of X509_verify_cert_error_string(3) with which the client refuses the server, 0 where it does not."""
    import ssl

    try:
        shake_hands(client, server)
    except ssl.SSLCertVerificationError as error:
        return error.verify_code
    return 0
