"""Capabilities: what the server offers, what of it we take.

    CAP LS 302  ◄── * LS * :…, LS :…    CAP REQ  ◄── ACK, NAK    (SASL)    CAP END

https://ircv3.net/specs/extensions/capability-negotiation, https://ircv3.net/specs/extensions/sts
"""

from collections.abc import Callable, Iterable

from gateway.fsm import HangUp
from networks.irc import sasl_login
from networks.irc.known import parse_count
from networks.irc.news import Remember
from networks.irc.state import Irc, State
from networks.irc.wire import Line

WANTED = (
    "account-notify",
    "account-tag",
    "away-notify",
    "batch",
    "cap-notify",
    "chghost",
    "echo-message",
    "extended-join",
    "extended-monitor",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "sasl",
    "server-time",
    "setname",
    "standard-replies",
    "userhost-in-names",
    "znc.in/playback",
    "znc.in/self-message",
)

LABELS_NEED = {"batch", "message-tags"}
"""https://ircv3.net/specs/extensions/labeled-response#capabilities"""

MAX_OFFERED = 200
"""Capabilities we keep in mind; servers have some thirty."""

MAX_REQUEST = 400
"""Characters of names in one CAP REQ, so that its answer fits into a line."""

MAX_DURATION = 10 * 365 * 86400.0
"""Of an STS policy, in seconds."""


def on_cap(irc: Irc, line: Line) -> None:
    if handler := SUBCOMMANDS.get(line.params[1].upper()):
        handler(irc, line)


def on_ls(irc: Irc, line: Line) -> None:
    registration = irc.registration
    for word in line.params[-1].split():
        name, _, value = word.partition("=")
        if len(registration.offered) < MAX_OFFERED:
            registration.offered[name] = value
    if (len(line.params) > 3 and line.params[2] == "*") or irc.state is not State.REGISTERING:
        return  # More lines follow; or the user asked, by a raw line.
    if apply_sts(irc, registration.offered.get("sts")):
        return
    introduce(irc)
    request(irc, registration.offered)


def on_new(irc: Irc, line: Line) -> None:
    """https://ircv3.net/specs/extensions/capability-negotiation#cap-new"""
    new = dict(word.partition("=")[::2] for word in line.params[-1].split()[:MAX_OFFERED])
    if not apply_sts(irc, new.get("sts")):
        irc.registration.offered.update(new)
        request(irc, new)


def on_del(irc: Irc, line: Line) -> None:
    for name in line.params[-1].split():
        irc.caps.discard(name)
        irc.registration.offered.pop(name, None)


def on_ack(irc: Irc, line: Line) -> None:
    asked = irc.registration.asked
    for word in line.params[-1].split():
        name = word.lstrip("-~=")
        if word.startswith("-"):
            irc.caps.discard(name)
        elif name in WANTED:
            irc.caps.add(name)
        if asked:
            asked[0].discard(name)
    if asked and not asked[0]:
        asked.popleft()
    go_on(irc)


def on_nak(irc: Irc, line: Line) -> None:
    """None of those was taken.  One alone may be to blame, so each is asked for by itself."""
    refused = irc.registration.asked.popleft() if irc.registration.asked else set()
    if len(refused) > 1:
        for name in sorted(refused):
            send_request(irc, [name])
    go_on(irc)


SUBCOMMANDS: dict[str, Callable[[Irc, Line], None]] = {
    "LS": on_ls,
    "ACK": on_ack,
    "NAK": on_nak,
    "NEW": on_new,
    "DEL": on_del,
}


def on_no_cap(irc: Irc, line: Line) -> None:
    """421 or 451 to CAP: a server without capabilities."""
    introduce(irc)


def request(irc: Irc, offered: Iterable[str]) -> None:
    names = [name for name in WANTED if name in offered and name not in irc.caps]
    if "sasl" in names and not sasl_login.has_credentials(irc):
        names.remove("sasl")
    batch: list[str] = []
    for name in names:
        if sum(map(len, batch)) + len(batch) + len(name) > MAX_REQUEST:
            send_request(irc, batch)
            batch = []
        batch.append(name)
    if batch:
        send_request(irc, batch)
    go_on(irc)


def send_request(irc: Irc, names: list[str]) -> None:
    irc.registration.asked.append(set(names))
    irc.send_now("CAP", "REQ", " ".join(names))


def go_on(irc: Irc) -> None:
    """Once the server has answered all requests: SASL, or done."""
    registration = irc.registration
    if registration.asked:
        return
    if not irc.caps >= LABELS_NEED:
        irc.caps.discard("labeled-response")
    if registration.mechanism:
        return
    if "sasl" in irc.caps and not irc.account and not registration.tried and sasl_login.begin(irc):
        return
    sasl_login.finish(irc)


def introduce(irc: Irc) -> None:
    """PASS goes first (RFC 2812, section 3.1.1), and over plain text only once we know that the
    server does not demand TLS."""
    if irc.registration.is_introduced:
        return
    irc.registration.is_introduced = True
    if password := irc.fields.get("serverpass") or irc.settings.password:
        irc.send_now("PASS", password)
    irc.send_now("NICK", irc.wanted_nick)
    name = irc.fields.get("name") or irc.settings.realname or irc.wanted_nick
    irc.send_now("USER", irc.ident, "0", "*", name)


def apply_sts(irc: Irc, value: str | None) -> bool:
    """Whether we have to go and come back with TLS."""
    if value is None:
        return False
    keys = dict(word.partition("=")[::2] for word in value.split(","))
    if irc.is_encrypted:
        duration = parse_count(keys.get("duration", ""))
        if duration is not None:
            remember_policy(irc, min(float(duration), MAX_DURATION))
        return False
    port = parse_count(keys.get("port", ""))
    if port is None or not 1 <= port <= 65535:
        return False
    irc.state = State.MOVING
    irc.sts_port = port
    irc.effects.append(HangUp())
    return True


def remember_policy(irc: Irc, duration: float) -> None:
    if not duration:
        irc.sts = None
        irc.tell(Remember("sts", ""))
        return
    irc.sts = (str(irc.port), duration)
    irc.tell(Remember("sts", *irc.sts))
