"""What the operator can set for an AIM or ICQ transport, under ``transports.<domain>``."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from gateway.fsm import Tls
from gateway.network import Settings
from networks.oscar.blocks import PORT

Port = Annotated[int, Field(ge=1, le=65535)]
Names = Annotated[tuple[str, ...], Field(strict=False)]
"""YAML knows lists only."""

HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
"""A name or an address; what cannot be connected to is found out by trying."""

HTTPS = 443


class OscarSettings(Settings):
    """``network: aim`` and ``network: icq``."""

    server: str
    """Host name or address of the login server; where to go from there, it says itself."""
    port: Port = PORT
    """5190 with most servers."""
    tls: bool = False
    """Encrypt from the first byte, and everywhere the login server sends us.  Without, it is
    encrypted where the login server asks for that."""
    verify: bool = True
    """Refuse certificates that no authority vouches for."""
    ca_file: str = ""
    """PEM file of the authorities to trust instead of the system's."""
    fingerprints: Names = ()
    """Accept exactly these certificates (SHA-256), whoever signed them."""
    login: Literal["bucp", "kerberos"] = "bucp"
    """How passwords are given: hashed to ``server``, or, as AIM 6 and later did, by HTTP to a
    log-in server of another kind (UAS).  Both send on to BOS."""
    uas_host: str = ""
    """Of ``login: kerberos``, like the next two: where that server is; "" for ``server``."""
    uas_port: Port = HTTPS
    uas_tls: bool = True
    """HTTPS.  Without, whoever listens can read passwords: what masks them is no secret."""
    strong_hash: bool = True
    """How passwords are hashed at log-in; very old servers know the weak form only."""
    encoding: str = "cp1252"
    """How to read 8-bit text that does not say what it is and is not UTF-8."""
    ping_seconds: Annotated[float, Field(ge=5, le=3600)] = 60.0
    """A sign of life is sent as often; after so much silence the server is asked whether it is
    still there; after twice that, the connection counts as lost."""

    @field_validator("server")
    @classmethod
    def _is_host(cls, value: str) -> str:
        if not HOST.fullmatch(value):
            raise ValueError(f"{value!r} is not the name of a host")
        return value.lower()

    @field_validator("uas_host")
    @classmethod
    def _is_host_if_given(cls, value: str) -> str:
        return cls._is_host(value) if value else ""

    @field_validator("encoding")
    @classmethod
    def _is_encoding(cls, value: str) -> str:
        try:
            is_text = isinstance(b"x".decode(value), str)
        except (LookupError, ValueError):
            is_text = False
        if not is_text:
            raise ValueError(f"{value!r} is not the name of a character encoding")
        return value

    @field_validator("fingerprints")
    @classmethod
    def _are_fingerprints(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        plain = tuple(item.replace(":", "").lower() for item in value)
        for item, given in zip(plain, value, strict=True):
            if not re.fullmatch("[0-9a-f]{64}", item):
                raise ValueError(f"{given!r} is not a SHA-256 fingerprint (64 hexadecimal digits)")
        return plain

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

    @property
    def trust(self) -> Tls:
        return Tls(
            verify=self.verify, ca_file=self.ca_file, fingerprints=frozenset(self.fingerprints)
        )
