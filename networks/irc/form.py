"""The registration form: its fields, what is allowed in them, and who needs none.

Everything but the nickname is optional: most IRC networks know no accounts, or do not ask for one.
"""

import re
from collections.abc import Callable, Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from gateway.errors import CommandRefused, Reason, WireError
from gateway.fields import Field, FieldKind, refused
from gateway.words import mark, tr
from networks.irc.ids import is_nick, server_name
from networks.irc.login import MAX_PERFORM
from networks.irc.queries import OURS
from networks.irc.sasl import External, Plain, SaslError, Scram, saslprep
from networks.irc.settings import PLAIN_PORT, TLS_PORT, IrcSettings, Override
from networks.irc.wire import parse

MAX_SECRET = 500
"""Characters of a password.  Longer ones do not fit into a line."""

MAX_NAME = 100
"""Characters of a real name; servers cut earlier."""

MAX_PERFORM_LENGTH = 400
"""Characters of one line to be sent after log-in."""

MECHANISMS = (External.name, Scram.name, Plain.name)


def fields(settings: IrcSettings, account: str) -> tuple[Field, ...]:
    return (*_server_fields(settings, account), *OWN_FIELDS, *_password_field(settings))


def _server_fields(settings: IrcSettings, account: str) -> tuple[Field, ...]:
    if not settings.is_open:
        return ()
    own = settings.servers.get(account, Override()).tls
    return (
        Field(
            name="server",
            label=mark("IRC server"),
            required=not account,
            default=account,
            description=mark("Host name, like irc.example.org"),
        ),
        Field(
            name="port",
            label=mark("Port"),
            description=mark("If other than 6697, or 6667 without encryption"),
        ),
        Field(
            name="tls",
            label=mark("Encrypt the connection (TLS)"),
            kind=FieldKind.YES_NO,
            default="1" if (settings.tls if own is None else own) else "",
        ),
    )


OWN_FIELDS = (
    Field(name="nick", label=mark("Nickname"), required=True),
    Field(
        name="password",
        label=mark("Password"),
        kind=FieldKind.SECRET,
        description=mark("Of your account on the network, if you have one (SASL, NickServ)"),
    ),
    Field(
        name="username",
        label=mark("Account"),
        description=mark("Its name, if other than the nickname"),
    ),
    Field(name="name", label=mark("Real name"), description=mark("Shown to others")),
    Field(
        name="mechanism",
        label=mark("How to log in"),
        kind=FieldKind.CHOICE,
        choices=(("", mark("The best there is")), *((name, f"SASL {name}") for name in MECHANISMS)),
    ),
    Field(
        name="certificate",
        label=mark("Certificate and its key"),
        kind=FieldKind.SECRET,
        description=mark("PEM, to log in without a password (SASL EXTERNAL)"),
    ),
    Field(
        name="perform",
        label=mark("Commands to send after log-in"),
        kind=FieldKind.LONG,
        description=mark("One a line, as the protocol writes them: MODE mynick +x"),
    ),
)

SERVER_PASSWORD = Field(
    name="serverpass",
    label=mark("Password of the server"),
    kind=FieldKind.SECRET,
    description=mark("Only for private servers (PASS)"),
)


def _password_field(settings: IrcSettings) -> tuple[Field, ...]:
    """Unless the operator has set it."""
    return () if settings.password else (SERVER_PASSWORD,)


# Checking.


def check(settings: IrcSettings, form: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    values = {name: value.strip() for name, value in form.items() if name in CHECKS}
    values["password"] = form.get("password", "")  # May begin and end with spaces.
    account = ""
    kept: dict[str, str] = {}
    if settings.is_open:
        host, port = _split_server(values.pop("server", ""))
        account = check_server(settings, host)
        kept["server"] = account
        values["port"] = values.get("port") or port
        kept["tls"] = _yes_no(values.pop("tls", "1" if settings.tls else ""))
    else:
        for name in ("server", "port", "tls"):
            values.pop(name, None)
    if not values.get("nick"):
        raise refused("nick", tr("a nickname is required"))
    for name, value in values.items():
        if value:
            kept[name] = CHECKS[name](name, value)
    return account, kept


def _split_server(text: str) -> tuple[str, str]:
    """``irc.example.org:6697`` and ``[2001:db8::1]:6697`` are understood, too."""
    found = re.fullmatch(r"\[?([^\[\]]*?)\]?(?::([0-9]{1,5}))?", text)
    if found and found[2] and (":" not in found[1] or "[" in text):
        return found[1], found[2]
    return text.strip("[]"), ""


def check_server(settings: IrcSettings, host: str) -> str:
    if not host:
        raise refused("server", tr("the name of an IRC server is required"))
    name = server_name(host)
    if not name:
        raise refused(
            "server",
            tr("{host!r} is not the name of a server, like irc.example.org").format(host=host),
        )
    if not settings.may_reach(name):
        raise refused(
            "server",
            tr("{name} is not one of the servers this gateway connects to").format(name=name),
        )
    return name


def _yes_no(value: str) -> str:
    if value.lower() not in ("", "0", "1", "true", "false"):
        raise refused("tls", tr("{value!r} is neither yes (1) nor no (0)").format(value=value))
    return "1" if value.lower() in ("1", "true") else ""


def _nick(field: str, value: str) -> str:
    if not is_nick(value):
        raise refused(
            field,
            tr("{value!r} is not a nickname: no spaces, and none of #&:$+%~@!,*? in it").format(
                value=value
            ),
        )
    return value


def _port(field: str, value: str) -> str:
    if not (value.isascii() and value.isdecimal() and 1 <= int(value[:6]) <= 65535):
        raise refused(field, tr("{value!r} is not a port (1 to 65535)").format(value=value))
    return str(int(value))


def _line(field: str, value: str) -> str:
    if len(value) > MAX_NAME or not value.isprintable():
        raise refused(
            field,
            tr("one line of at most {most} characters is expected").format(most=MAX_NAME),
        )
    return value


def _word(field: str, value: str) -> str:
    if " " in _line(field, value):
        raise refused(field, tr("{value!r} has a space in it").format(value=value))
    return value


def _secret(field: str, value: str) -> str:
    """Never says what it is."""
    if len(value) > MAX_SECRET:
        raise refused(field, tr("longer than {most} characters").format(most=MAX_SECRET))
    if not value.isprintable():
        raise refused(field, tr("has a line break or a control character in it"))
    try:
        saslprep(value)
    except SaslError as error:
        raise refused(field, tr("has a character that passwords cannot have")) from error
    return value


def _mechanism(field: str, value: str) -> str:
    if value not in MECHANISMS:
        raise refused(
            field,
            tr("{value!r} is not one of {all}").format(value=value, all=", ".join(MECHANISMS)),
        )
    return value


PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----")


def _certificate(field: str, value: str) -> str:
    """Fields for secrets have one line, and clients turn the others' ends into spaces."""
    blocks = [
        f"-----BEGIN {kind}-----\n{_wrapped(body)}\n-----END {kind}-----\n"
        for kind, body in PEM.findall(value)
    ]
    pem = "".join(blocks).encode()
    try:
        certificate = load_pem_x509_certificate(pem)
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Without a cause: what OpenSSL says may quote what it read.
        raise refused(
            field, tr("a certificate and its key, not encrypted, are expected, both as PEM")
        ) from None
    if certificate.public_key() != key.public_key():
        raise refused(field, tr("the key does not belong to the certificate"))
    return pem.decode()


def _wrapped(base64: str) -> str:
    text = "".join(base64.split())
    return "\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def _perform(field: str, value: str) -> str:
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    if len(lines) > MAX_PERFORM:
        raise refused(
            field,
            tr("{count} lines; at most {most} are expected").format(
                count=len(lines), most=MAX_PERFORM
            ),
        )
    for number, line in enumerate(lines, 1):
        # Not what it says: it may be a password for a service.
        try:
            command = parse(line.removeprefix("/")).command
        except WireError:
            raise refused(
                field, tr("line {number} is not a command of IRC").format(number=number)
            ) from None
        if command in OURS:
            raise refused(
                field,
                tr("line {number}: {command} is left to the gateway").format(
                    number=number, command=command
                ),
            )
        if len(line) > MAX_PERFORM_LENGTH or not line.isprintable():
            raise refused(
                field,
                tr("line {number} is too long or has control characters").format(number=number),
            )
    return "\n".join(lines)


CHECKS: dict[str, Callable[[str, str], str]] = {
    "server": _word,
    "port": _port,
    "tls": _word,
    "nick": _nick,
    "password": _secret,
    "username": _word,
    "name": _line,
    "mechanism": _mechanism,
    "certificate": _certificate,
    "perform": _perform,
    "serverpass": _secret,
}


# Without registration.


def guest(settings: IrcSettings, account: str, nick: str) -> dict[str, str]:
    if not settings.guests:
        raise CommandRefused(
            Reason.REGISTRATION_REQUIRED,
            tr("Register with this gateway first; guests are not let in."),
        )
    if settings.is_open:
        account = check_server(settings, account)
    return {"nick": _nick("nick", nick)}


def probe(settings: IrcSettings) -> tuple[str, int] | None:
    if settings.is_open:
        return None
    return settings.server, settings.port or (TLS_PORT if settings.tls else PLAIN_PORT)
