"""What the operator can set for an AIM or ICQ transport, under ``transports.<domain>``."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.settings import Encoding, Host, HostIfAny, Port, TlsSettings
from networks.oscar.blocks import PORT

HTTPS = 443


class OscarSettings(TlsSettings):
    """``network: aim`` and ``network: icq``."""

    server: Host
    """Host name or address of the login server; where to go from there, it says itself."""
    port: Port = PORT
    """5190 with most servers."""
    tls: bool = False
    """Encrypt from the first byte, and everywhere the login server sends us.  Without, it is
    encrypted where the login server asks for that."""
    login: Literal["bucp", "kerberos"] = "bucp"
    """How passwords are given: hashed to ``server``, or, as AIM 6 and later did, by HTTP to a
    log-in server of another kind (UAS).  Both send on to BOS."""
    uas_host: HostIfAny = ""
    """Of ``login: kerberos``, like the next two: where that server is; "" for ``server``."""
    uas_port: Port = HTTPS
    uas_tls: bool = True
    """HTTPS.  Without, whoever listens can read passwords: what masks them is no secret."""
    strong_hash: bool = True
    """How passwords are hashed at log-in; very old servers know the weak form only."""
    encoding: Encoding = "cp1252"
    """How to read 8-bit text that does not say what it is and is not UTF-8."""
    ping_seconds: Annotated[float, Field(ge=5, le=3600)] = 60.0
    """A sign of life is sent as often; after so much silence the server is asked whether it is
    still there; after twice that, the connection counts as lost."""

    @model_validator(mode="after")
    def _is_one_mind(self) -> Self:
        if self.login == "kerberos" and self.tls and not self.uas_tls:
            raise ValueError("tls: true forbids uas_tls: false, which sends passwords unencrypted")
        return self

    @property
    def first(self) -> tuple[str, int]:
        """Host and port of where passwords go."""
        if self.login == "kerberos":
            return self.uas_host or self.server, self.uas_port
        return self.server, self.port
