"""The sections of gateway.yaml, each a class, and the types of their settings.

docs/configuration.md explains them at length.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationInfo,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from gateway import who
from gateway.problems import expects

SOCKET_PATH_BYTES = 107
"""sun_path of unix(7) has 108, one of them for the zero at the end."""


def _folder(info: ValidationInfo) -> Path:
    folder = (info.context or {})["folder"]
    assert isinstance(folder, Path)
    return folder


def _below_folder(value: Any, info: ValidationInfo) -> Path:
    """Relative paths start at the folder of gateway.yaml, wherever the process was started."""
    assert isinstance(value, str | Path)
    assert value, "an empty path"
    return Path(_folder(info), value)


def _store_url(text: str, info: ValidationInfo) -> str:
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError from None
    if url.get_backend_name() == "postgresql":
        return text
    assert url.get_backend_name() == "sqlite"
    assert url.database not in (None, "", ":memory:"), "would be gone after a restart"
    url = url.set(database=str(Path(_folder(info), str(url.database))))
    return url.render_as_string(hide_password=False)


def _pattern(value: Any) -> who.Pattern:
    assert isinstance(value, str)
    return who.Pattern.parse(value)


def _socket_path(path: Path) -> Path:
    assert len(os.fsencode(path)) <= SOCKET_PATH_BYTES
    return path


Port = Annotated[int, Field(ge=1, le=65535), expects("a port (1 to 65535)")]
Host = Annotated[str, Field(min_length=1, pattern=r"^\S+$"), expects("a host name or an address")]
Domain = Annotated[str, AfterValidator(who.domain), expects("a domain like example.org")]
FilePath = Annotated[Path, PlainValidator(_below_folder), expects("a path")]
SocketPath = Annotated[
    FilePath,
    AfterValidator(_socket_path),
    expects(f"a path of at most {SOCKET_PATH_BYTES} bytes (its folder included)"),
]
StoreUrl = Annotated[
    str,
    AfterValidator(_store_url),
    expects("sqlite:///a/path or postgresql://user:password@host/database"),
]
Who = Annotated[
    who.Pattern,
    PlainValidator(_pattern),
    expects("juliet@example.org, example.org, *.example.org or '*'"),
]
Name = Annotated[str, Field(min_length=1), expects("text (not empty)")]
Count = Annotated[int, Field(ge=1), expects("a whole number (1 or more)")]
Rate = Annotated[float, Field(gt=0), expects("a number above 0")]
Seconds = Annotated[float, Field(ge=0), expects("a number of seconds (0 or more)")]
Variable = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$"), expects("the name of an environment variable")
]
Secret = Annotated[SecretStr, Field(min_length=1), expects("text (not empty)")]


class Section(BaseModel):
    """Base of the sections of gateway.yaml."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


XmppServer = Literal["ejabberd", "prosody"]


class XmppSettings(Section):
    """The XMPP server, and how we connect to it as its component (XEP-0114)."""

    server: XmppServer = "ejabberd"
    """Decides how many connections there are (``gateway.xmpp.streams``).  It has to be known before
    the first one is made."""
    domain: Domain
    """Of its users: the part of their JIDs after the @."""
    host: Host = "127.0.0.1"
    port: Port = 5275
    """Where it listens for components.  XEP-0114 reserves none; 5275 is what many use."""
    secret: Secret
    """Shared with the server.  ``secret_file`` is made on the first start."""


class StoreSettings(Section):
    url: StoreUrl = Field(default="sqlite:///var/greengate.db", repr=False, validate_default=True)
    """May hold the password of the database."""
    pool_size: Count = 5
    """Connections to PostgreSQL at a time.  Transactions are short: a few serve thousands."""


class KeySettings(Section):
    """Where the keys are that seal what users gave us.  Whoever has them and the database has
    the users' passwords; whoever loses them loses every registration."""

    file: FilePath | None = Field(default=Path("var/greengate.keys"), validate_default=True)
    env: Variable | None = None
    """A variable with the same content, instead of the file."""


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    """``debug`` logs every frame and what people write; secrets are left out even there."""


class ControlSettings(Section):
    socket: SocketPath = Field(default=Path("var/control.sock"), validate_default=True)
    """Where the running gateway answers ``gateway.py sessions`` and the like."""


class LimitSettings(Section):
    """What one user, and all of them together, may ask of us."""

    messages_per_second: Rate = 5.0
    """Of one user to all networks, in the long run; what is above is answered with an error."""
    message_burst: Count = 50
    """How many may come at once."""
    joins_per_minute: Rate = 250.0
    """Rooms that one user enters.  Each client enters all of its rooms when it starts, and is sent
    everybody in them; one session has 250 at most."""
    subscriptions_per_minute: Rate = 60.0
    """Contacts that one user asks networks to add.  Networks take who adds faster for a robot."""
    requests_per_minute: Rate = 60.0
    """Searches, profiles, lists of rooms and the like, each of which a network has to answer for
    one user.  A client that asks for everybody's profile is told to go on later."""
    failed_registrations_per_hour: Rate = 10.0
    """Log-ins that a network refuses while one user registers: enough for one who mistypes, too
    few to guess another's password.  What succeeds is not counted."""
    accounts_per_transport: Count = 10
    """Of one user.  Each is a session; where users choose servers, each server is an account."""
    max_body: Count = 65536
    """Bytes of one message (UTF-8).  Networks have limits of their own far below this."""
    outbox: Count = 20000
    """Stanzas kept for the XMPP server while it is slow or away.  When it is full, sessions wait,
    and in the end the legacy servers; nothing is dropped."""
    logins_per_second: Rate = 2.0
    """On one transport.  Legacy servers limit log-ins per address, and we are one address."""
    logins_at_once: Count = 10
    """On one transport, not yet answered."""
    keep_without_server: Seconds = 600.0
    """How long legacy sessions stay while the XMPP server is away."""


class TransportSection(Section):
    """What every transport has, whatever its network; the rest is the network's own."""

    network: Name
    """A package under networks/."""
    name: Name | None = None
    """For people; None: the title of the network."""
    allow_users: tuple[Who, ...] | None = None
    """Who may use it; None: the users of ``xmpp.domain``."""
    deny_users: tuple[Who, ...] = ()
    """Of those, who may not."""
    logins_per_second: Rate | None = None
    """None: as in ``limits``."""
    login_burst: Count | None = None
    """Log-ins let through before that rate holds; None: a second's worth."""
