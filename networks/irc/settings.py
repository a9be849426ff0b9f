"""What the operator can set for an IRC transport, under ``transports.<domain>`` in gateway.yaml.

``fixed`` mode puts one IRC server behind the transport (``#verona@irc.example.org``), ``open`` mode
lets users name any server they may reach (``#verona%irc.libera.chat@irc.example.org``).
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from gateway.fsm import Tls
from gateway.settings import Encoding, Fingerprints, Names, Port, Settings, TlsSettings
from networks.irc.ids import server_name

TLS_PORT = 6697
"""RFC 7194, section 2.2."""

PLAIN_PORT = 6667
"""What every IRC network listens on."""


class Rate(Settings):
    """How fast lines are sent.  Servers disconnect who is faster ("Excess Flood")."""

    burst: Annotated[int, Field(ge=1, le=1000)] = 5
    """Lines that may go out at once after a silence."""
    seconds: Annotated[float, Field(ge=0.01, le=60)] = 2.0
    """Then one each so many seconds (RFC 1459, section 8.10)."""


class Override(Settings):
    """What is different for one server; what is left out is as for all others."""

    port: Port | None = None
    tls: bool | None = None
    verify: bool | None = None
    ca_file: str | None = None
    fingerprints: Fingerprints | None = None
    encoding: Encoding | None = None
    rate: Rate | None = None


class IrcSettings(TlsSettings):
    """``network: irc``."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    mode: Literal["fixed", "open"] = "fixed"
    """``fixed``: one server, named below.  ``open``: users choose."""
    server: str = ""
    """Host name or address of the server.  Mode fixed only."""
    port: Port | None = None
    """6697 with TLS, else 6667."""
    tls: bool = True
    """Encrypt from the first byte."""
    password: str = Field(default="", repr=False)
    """The server's own password (PASS), the same for every user.  Mode fixed only."""
    encoding: Encoding = "cp1252"
    """How to read what is not UTF-8.  UTF-8 is what is sent."""
    allow: Names = ("*",)
    """Servers that users may reach, as patterns ("*.libera.chat").  Mode open only."""
    deny: Names = ()
    """Servers that they may not, even when allowed above.  Mode open only."""
    allow_private: bool = False
    """Let users reach private, loopback and link-local addresses too.  Mode open only."""
    servers: dict[str, Override] = Field(default_factory=dict)
    """By server name: what is different there.  Mode open only."""
    guests: bool = True
    """Joining a channel is enough; nobody has to register with the transport."""
    rate: Rate = Rate()
    """How fast lines are sent."""
    realname: str = ""
    """What others see as a user's real name unless they chose one; empty: their nickname."""
    quit_message: str = ""
    """What others see when a user leaves without a word."""
    ping_seconds: Annotated[float, Field(ge=5, le=3600)] = 90.0
    """After so much silence the server is asked whether it is still there; after twice that, the
    connection counts as lost."""

    @field_validator("server")
    @classmethod
    def _is_host(cls, value: str) -> str:
        if value and not server_name(value):
            raise ValueError(f"{value!r} is not the name of a host")
        return server_name(value)

    @field_validator("allow", "deny")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(pattern.lower() for pattern in value)

    @field_validator("servers")
    @classmethod
    def _lower_keys(cls, value: dict[str, Override]) -> dict[str, Override]:
        for name in value:
            if not server_name(name):
                raise ValueError(f"{name!r} is not the name of a host")
        return {server_name(name): override for name, override in value.items()}

    @model_validator(mode="after")
    def _fits_mode(self) -> "IrcSettings":
        if self.mode == "fixed" and not self.server:
            raise ValueError("mode fixed needs server, the name of the host to connect to")
        if self.mode == "open" and self.server:
            raise ValueError("server belongs to mode fixed; in mode open users name the server")
        if self.mode == "open" and self.password:
            raise ValueError("password belongs to mode fixed; it would be sent to any server")
        return self

    @property
    def is_open(self) -> bool:
        return self.mode == "open"

    def may_reach(self, host: str) -> bool:
        """Whether the operator lets users name this server."""
        return any(fnmatchcase(host, pattern) for pattern in self.allow) and not any(
            fnmatchcase(host, pattern) for pattern in self.deny
        )


@dataclass(frozen=True, slots=True)
class Target:
    """Where one session connects to, once settings and registration are put together."""

    host: str
    port: int
    tls: Tls | None
    trust: Tls
    """How TLS would be trusted if a policy of the server asked for it (STS)."""
    encoding: str
    rate: Rate
    public_only: bool


def target(settings: IrcSettings, account: str, fields: dict[str, str]) -> Target:
    """What the user chose, over what is set for that server, over what is set for all."""
    host = account if settings.is_open else settings.server
    own = settings.servers.get(host, Override())
    trust = Tls(
        verify=settings.verify if own.verify is None else own.verify,
        ca_file=settings.ca_file if own.ca_file is None else own.ca_file,
        fingerprints=frozenset(
            settings.fingerprints if own.fingerprints is None else own.fingerprints
        ),
        certificate=fields.get("certificate", ""),
    )
    by_default = settings.tls if own.tls is None else own.tls
    tls = fields["tls"] == "1" if settings.is_open and "tls" in fields else by_default
    port = own.port or settings.port or (TLS_PORT if tls else PLAIN_PORT)
    if settings.is_open and fields.get("port"):
        port = int(fields["port"])
    return Target(
        host=host,
        port=port,
        tls=trust if tls else None,
        trust=trust,
        encoding=own.encoding or settings.encoding,
        rate=own.rate or settings.rate,
        public_only=settings.is_open and not settings.allow_private,
    )
