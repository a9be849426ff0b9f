"""Lines to bytes and back.  https://modern.ircdocs.horse/#message-format

    @time=2008-07-06T10:00:00.000Z :romeo!r@verona.lit PRIVMSG #balcony :But soft!
     tags                           source             command and parameters

Tags are IRCv3's: https://ircv3.net/specs/extensions/message-tags
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gateway.errors import WireError

MAX_LINE = 2 * (8191 + 512)
"""Bytes we accept in a line.  The specifications allow 8191 of tags and 512 of the rest; some
servers exceed either, so twice that.  A peer that sends more without a line end is hung up on."""

MAX_BODY = 512
"""Bytes we send after the tags, with the CR LF.  Servers cut what is longer, often inside of a
character, so we cut it first."""

MAX_TAGS = 4096
"""Bytes of tags we send, with the "@" and the space.  A server refuses the whole line (417) if
there are more, so without its tags it goes out at least."""

NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, init=False)
class Line:
    command: str
    """Upper case."""
    params: tuple[str, ...]
    source: str
    """``nick!user@host``, or the name of a server."""
    tags: Mapping[str, str] = field(hash=False)
    """Unescaped values; "" where there is none."""

    def __init__(
        self,
        command: str,
        params: tuple[str, ...] = (),
        source: str = "",
        tags: Mapping[str, str] = NO_TAGS,
    ) -> None:
        # What dataclass itself writes for a frozen class takes three times as long, and every line
        # of every session comes through here.
        SET_COMMAND(self, command)
        SET_PARAMS(self, params)
        SET_SOURCE(self, source)
        SET_TAGS(self, tags)

    @property
    def nick(self) -> str:
        """The name of the server if the source is one."""
        return split_source(self.source)[0]

    @property
    def user(self) -> str:
        return split_source(self.source)[1]

    @property
    def host(self) -> str:
        return split_source(self.source)[2]


SET_COMMAND, SET_PARAMS, SET_SOURCE, SET_TAGS = (
    vars(Line)[name].__set__ for name in ("command", "params", "source", "tags")
)


def split_source(source: str) -> tuple[str, str, str]:
    """nick, user and host; "" for those that are missing."""
    rest, _, host = source.partition("@")
    nick, _, user = rest.partition("!")
    return nick, user, host


@dataclass(slots=True)
class IrcCodec:
    fallback: str = "cp1252"
    """How lines are read that are not UTF-8."""
    _buffer: bytes = field(default=b"", init=False, repr=False, compare=False)

    def receive(self, data: bytes) -> list[Line]:
        *complete, rest = (self._buffer + data).split(b"\n")
        self._buffer = rest
        if len(rest) > MAX_LINE:
            raise too_long(rest)
        return [
            parse(self._decode(line))
            for raw in complete
            if (line := raw.rstrip(b"\r")) and not line.isspace()
        ]

    def encode(self, line: Line) -> bytes:
        """Never more than one line, whatever is in its parameters.

        A parameter that cannot stand where it does (not last, but empty or with a space or a colon
        in front) is changed so that the others keep their places.
        """
        body = " ".join(_words(line)).encode(errors="replace")
        if len(body) > MAX_BODY - 2:
            body = body[: MAX_BODY - 2].decode(errors="ignore").encode()
        return _encode_tags(line.tags) + body + b"\r\n"

    def _decode(self, raw: bytes) -> str:
        """https://modern.ircdocs.horse/#character-encodings"""
        if len(raw) > MAX_LINE:
            raise too_long(raw)
        try:
            return str(raw, "utf-8")
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data":
                # Cut inside of the last character by a server.  Unless that is the only one that is
                # not ASCII: then it is, say, Latin-1.
                whole = raw[: error.start].decode()
                if not whole.isascii():
                    return whole
            return raw.decode(self.fallback, errors="replace")


def too_long(line: bytes) -> WireError:
    return WireError(f"line of {len(line)} bytes or more: at most {MAX_LINE} expected")


# Reading.


def parse(text: str) -> Line:
    """One line without its end.

    Raises:
        WireError: no command is in it, so it is not IRC.
    """
    rest = text
    tags, source = NO_TAGS, ""
    if rest[:1] == "@":
        raw_tags, _, rest = rest[1:].partition(" ")
        tags = _parse_tags(raw_tags)
        rest = rest.lstrip(" ")
    if rest[:1] == ":":
        source, _, rest = rest[1:].partition(" ")
    # Only the space separates.  split() without it would split at tabs, and at the control
    # characters of formatting (1D to 1F).
    head, colon, trailing = rest.partition(" :")
    words = head.split(" ")
    if "" in words:
        words = [word for word in words if word]
    if not words or not (words[0].isalnum() and words[0].isascii()):
        raise WireError(f"line {text[:60]!r}: no command found, an IRC message expected")
    command = words[0].upper()
    if colon:
        words.append(trailing)
    return Line(command, tuple(words[1:]), source, tags)


UNESCAPED = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
"""https://ircv3.net/specs/extensions/message-tags#escaping-values"""

ESCAPED = str.maketrans({plain: "\\" + letter for letter, plain in UNESCAPED.items()})

ESCAPE = re.compile(r"\\(.?)", re.DOTALL)

TAG_KEY = re.compile(r"\+?(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")


def _parse_tags(text: str) -> Mapping[str, str]:
    tags = {}
    for tag in text.split(";"):
        key, _, value = tag.partition("=")
        if key:  # The last of several wins.
            tags[key] = ESCAPE.sub(_unescape, value) if "\\" in value else value
    return tags


def _unescape(match: re.Match[str]) -> str:
    """An unknown escape is its letter, a backslash at the end is nothing."""
    return UNESCAPED.get(match[1], match[1])


# Writing.

FORBIDDEN = str.maketrans({"\0": "", "\r": "", "\n": " "})
"""What may be in no parameter, or it would end the line and begin a command of its own."""

LINE_END = re.compile("[\0\r\n]")
"""Whether there is any of that."""


def _words(line: Line) -> list[str]:
    words = [":" + _middle(line.source)] if line.source else []
    command = line.command
    if not (command.isascii() and command.isalnum()):
        command = "".join(c for c in command if c.isalnum() and c.isascii())
    words.append(command)
    if line.params:
        *middle, last = line.params
        words += [_middle(param) for param in middle]
        last = _tame(last)
        words.append(":" + last if not last or last[0] == ":" or " " in last else last)
    return words


def _middle(param: str) -> str:
    return _tame(param).replace(" ", "_").lstrip(":") or "*"


def _tame(param: str) -> str:
    """``translate`` looks each character up, which takes longer than all else about a line."""
    return param.translate(FORBIDDEN) if LINE_END.search(param) else param


def _encode_tags(tags: Mapping[str, str]) -> bytes:
    if not tags:
        return b""
    words = [
        f"{key}={value.translate(ESCAPED)}" if value else key
        for key, value in tags.items()
        if TAG_KEY.fullmatch(key)
    ]
    encoded = f"@{';'.join(words)} ".replace("\0", "").encode(errors="replace")
    return encoded if words and len(encoded) <= MAX_TAGS else b""


# Logs.

HIDDEN = "…"


def show(line: Line) -> str:
    """One line for the log, with every password in it as "…"."""
    hide = HIDE.get(line.command)
    params = hide(line) if hide and line.params else line.params
    tags = ";".join(f"{key}={value}" if value else key for key, value in line.tags.items())
    words = [f"@{tags}"] if tags else []
    if line.source:
        words.append(f":{line.source}")
    words += [line.command, *params[:-1]]
    if params:
        last = params[-1]
        words.append(f":{last}" if not last or last[0] == ":" or " " in last else last)
    text = " ".join(words)
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


SERVICE = re.compile(r"(?:[a-z]+serv|[qx]|\*[a-z]+)(?:@.*)?", re.IGNORECASE)
"""Whom passwords are told: NickServ and the like (HostServ, BouncerServ …), Q of QuakeNet, X of
Undernet, the modules of ZNC (``*status``)."""

VERBS = """
    ACC ACCESS ADDNETWORK ALIST AUTH CERT CHALLENGE CONFIRM DROP GHOST GROUP HELLO HELP ID IDENTIFY
    INFO LINK LIST LOGIN LOGOUT NETWORK NEWPASS PASS PASSWD RECOVER REGAIN REGISTER RELEASE
    RESETPASS SASET SENDPASS SET SETPASS SIDENTIFY STATUS UPDATE USER VERIFY
"""
"""First words for services that are no secret.  Any other may be a password, sent by mistake."""

SASL_WORDS = frozenset({"+", "*", "EXTERNAL", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"})


def _all(line: Line) -> tuple[str, ...]:
    return (HIDDEN,) * len(line.params)


def _all_but_first(line: Line) -> tuple[str, ...]:
    return line.params[:1] + (HIDDEN,) * (len(line.params) - 1)


def _authenticate(line: Line) -> tuple[str, ...]:
    return line.params if line.params[0].upper() in SASL_WORDS else (HIDDEN,)


def _join(line: Line) -> tuple[str, ...]:
    """Ours has keys.  The server's (it has a source) has an account and a name instead."""
    return line.params if line.source else _all_but_first(line)


def _mode(line: Line) -> tuple[str, ...]:
    """Keys, in MODE and in 324, which has our nick in front."""
    at = 2 if line.command == "324" else 1
    if not any("k" in word for word in line.params[at : at + 1]):
        return line.params
    return line.params[: at + 1] + (HIDDEN,) * (len(line.params) - at - 1)


def _message(line: Line) -> tuple[str, ...]:
    """What services are told, and what they say about passwords ("Your password is now …")."""
    target, rest = line.params[0], line.params[1:]
    if any(SERVICE.fullmatch(name) for name in target.split(",")):
        return (target, *_service(rest))
    if SERVICE.fullmatch(line.nick) and "passw" in " ".join(rest).lower():
        return target, HIDDEN
    return line.params


def _alias(line: Line) -> tuple[str, ...]:
    return tuple(_service(line.params))


def _service(params: tuple[str, ...]) -> list[str]:
    words = " ".join(params).split()
    return [*(word for word in words[:1] if word.upper() in VERBS.split()), HIDDEN]


ALIASES = """
    NICKSERV NS CHANSERV CS HOSTSERV HS OPERSERV OS MEMOSERV MS BOTSERV BS GROUPSERV GS AUTHSERV AS
    USERSERV US ZNC BOUNCERSERV
"""
"""Commands that servers and bouncers have for talking to services."""

SHORTCUTS = "AUTH GHOST ID IDENTIFY LOGIN NEWPASS RECOVER RELEASE RESETPASS SETPASS"
"""Commands that servers hand on to NickServ."""

HIDE: dict[str, Callable[[Line], tuple[str, ...]]] = {
    # Command: what of its parameters may be seen.
    "PASS": _all,
    "OPER": _all_but_first,
    "AUTHENTICATE": _authenticate,
    "WEBIRC": _all,
    "DIE": _all,
    "RESTART": _all,
    "JOIN": _join,
    "MODE": _mode,
    "324": _mode,
    "PRIVMSG": _message,
    "NOTICE": _message,
    "SQUERY": _message,
    "MSG": _message,
    **dict.fromkeys(ALIASES.split(), _alias),
    **dict.fromkeys(SHORTCUTS.split(), _all),
    # https://ircv3.net/specs/extensions/account-registration; its answers begin with a word.
    "REGISTER": _all_but_first,
    "VERIFY": _all_but_first,
}
