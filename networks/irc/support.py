"""What the server supports (005), and how it shows us to others (396).

https://modern.ircdocs.horse/#rplisupport-005
"""

from collections.abc import Callable

from networks.irc.ids import CHANMODES, CHANTYPES, CaseMapping, Prefixes, parse_isupport
from networks.irc.known import Support, parse_count
from networks.irc.state import Irc
from networks.irc.wire import Line

UNLIMITED = 10_000
"""Nicks, where the server sets MONITOR no limit."""


def on_support(irc: Irc, line: Line) -> None:
    """005"""
    for token, value in parse_isupport(line.params).items():
        if setter := SUPPORT.get(token):
            setter(irc.support, value)
    irc.set_support()


def on_host_hidden(irc: Irc, line: Line) -> None:
    """396: nick, the host that others see, words."""
    host = line.params[1].rpartition("@")[2]
    irc.prefix_length = len(f"!{irc.ident}@{host}".encode(errors="replace")) + 1  # "~"


def _set_casemapping(support: Support, value: str | None) -> None:
    support.casemapping = CaseMapping(value or "rfc1459")


def _set_prefix(support: Support, value: str | None) -> None:
    support.prefixes = Prefixes("(ov)@+" if value is None else value)


def _set_chantypes(support: Support, value: str | None) -> None:
    support.chantypes = CHANTYPES if value is None else value


def _set_statusmsg(support: Support, value: str | None) -> None:
    support.statusmsg = value or ""


def _set_chanmodes(support: Support, value: str | None) -> None:
    support.chanmodes = value or CHANMODES


def _set_monitor(support: Support, value: str | None) -> None:
    support.monitor = 0 if value is None else parse_count(value) or UNLIMITED


def _set_whox(support: Support, value: str | None) -> None:
    support.whox = value is not None


def _set_denied_tags(support: Support, value: str | None) -> None:
    support.client_tags_denied = value or ""


SUPPORT: dict[str, Callable[[Support, str | None], None]] = {
    "CASEMAPPING": _set_casemapping,
    "CHANMODES": _set_chanmodes,
    "CHANTYPES": _set_chantypes,
    "CLIENTTAGDENY": _set_denied_tags,
    "MONITOR": _set_monitor,
    "PREFIX": _set_prefix,
    "STATUSMSG": _set_statusmsg,
    "WHOX": _set_whox,
}
"""The value is None when the server takes a token back."""
