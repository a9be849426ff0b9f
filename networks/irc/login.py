"""From the socket to being online, staying there, and leaving.

    CONNECTING ──Connected──► REGISTERING ──001──► WELCOMED ──376, 422──► ONLINE
        ▲                          │ STS
        └────────Lost──────────  MOVING          anywhere: ERROR, Lost, Logout ──► OVER

https://modern.ircdocs.horse/#connection-registration
"""

from hashlib import sha256

from gateway.commands import Logout
from gateway.errors import WireError
from gateway.events import Offline
from gateway.fsm import Connect, Tls
from networks.irc import capabilities, contacts, messages, sasl_login
from networks.irc.known import Registration, parse_count, words
from networks.irc.news import Remember, Welcomed
from networks.irc.state import Irc, State
from networks.irc.wire import IrcCodec, Line, parse

LOGIN_SECONDS = 60.0
"""From the first byte to the end of the MOTD.  Looking up host names takes some servers thirty."""

CAP_SECONDS = 5.0
"""How long a server may think about CAP LS before we take it that it knows no capabilities.  Only
where the password of the server has to wait for that."""

MOTD_SECONDS = 15.0
"""After 001; servers that send neither MOTD nor 422 are wrong, but exist."""

IDENTIFY_SECONDS = 4.0
"""NickServ's time to answer before we join channels, some of which let only those in it knows."""

SHORT_NICK = 9
"""RFC 1459, section 1.2: what every server allows."""

MAX_MOTD = 400
"""Lines kept of a MOTD."""

MOTD_REMEMBERED = 90 * 86_400.0
"""Seconds after which the same MOTD is told again to somebody who was away for that long."""

MAX_PERFORM = 20
"""Lines that the user wants sent after log-in."""

REFUSED_NICK = "The server does not accept this nickname."


# Connecting.


def start(irc: Irc) -> None:
    """By TLS, too, if the server once demanded that (https://ircv3.net/specs/extensions/sts)."""
    policy = parse_count(irc.login.memory.get("sts", ""))
    if irc.target.tls is None and policy and policy <= 65535:
        connect(irc, policy, irc.target.trust)
    else:
        connect(irc, irc.target.port, irc.target.tls)
    irc.wake("login", LOGIN_SECONDS)


def connect(irc: Irc, port: int, tls: Tls | None) -> None:
    irc.state = State.CONNECTING
    irc.port = port
    irc.is_encrypted = tls is not None
    irc.effects.append(
        Connect(
            host=irc.target.host,
            port=port,
            tls=tls,
            codec=IrcCodec(irc.target.encoding),
            public_only=irc.target.public_only,
        )
    )


def on_connected(irc: Irc) -> None:
    if irc.state is not State.CONNECTING:
        return
    irc.state = State.REGISTERING
    irc.send_now("CAP", "LS", "302")
    if irc.is_encrypted or not (irc.fields.get("serverpass") or irc.settings.password):
        capabilities.introduce(irc)
    else:
        irc.wake("cap", CAP_SECONDS)
    irc.wake("ping", irc.settings.ping_seconds)


def on_lost(irc: Irc, detail: str) -> None:
    if irc.state is State.MOVING:
        irc.registration = Registration()
        irc.caps.clear()
        connect(irc, irc.sts_port, irc.target.trust)
    else:
        irc.end(Offline.NETWORK, irc.registration.refusal or detail)


def on_cap_timer(irc: Irc) -> None:
    if irc.state is State.REGISTERING:
        capabilities.introduce(irc)


def on_login_timer(irc: Irc) -> None:
    if irc.state is not State.ONLINE:
        irc.end(
            Offline.NETWORK, f"The server did not let us in within {LOGIN_SECONDS:.0f} seconds."
        )


# Refused.


def on_error(irc: Irc, line: Line) -> None:
    """The server is about to hang up.  What it says here is why; ``Lost`` would not know."""
    irc.end(Offline.NETWORK, irc.registration.refusal or line.params[-1])


def on_early_error(irc: Irc, line: Line) -> None:
    """ngIRCd has no 464: "Access denied: Bad password?" is all it says."""
    if "password" in line.params[-1].lower():
        irc.end(Offline.BAD_CREDENTIALS, line.params[-1])
    else:
        on_error(irc, line)


def on_wrong_password(irc: Irc, line: Line) -> None:
    """464: PASS."""
    irc.end(Offline.BAD_CREDENTIALS, words(line))


def on_banned(irc: Irc, line: Line) -> None:
    """463, 465, 466: bans end, so we come again.  ERROR follows, and says less."""
    irc.registration.refusal = words(line)


def on_nick_taken(irc: Irc, line: Line) -> None:
    """433, 436, 437"""
    try_next_nick(irc, line, longest=None)


def on_nick_refused(irc: Irc, line: Line) -> None:
    """432: has a character the server does not like, or too many of them."""
    if irc.registration.nicks_tried:
        try_next_nick(irc, line, longest=SHORT_NICK)
    elif len(irc.wanted_nick) > SHORT_NICK:
        irc.wanted_nick = irc.wanted_nick[:SHORT_NICK]
        irc.send_now("NICK", irc.wanted_nick)
    else:
        irc.send_now("QUIT")
        irc.end(Offline.BAD_CREDENTIALS, words(line) or REFUSED_NICK)


def try_next_nick(irc: Irc, line: Line, longest: int | None) -> None:
    """``nick_``, ``nick__`` …; then shorter ones, as some servers allow nine letters."""
    registration = irc.registration
    nick, nonce = irc.wanted_nick, irc.login.nonce or "0123456789ab"
    candidates = [nick + "_" * count for count in (1, 2, 3)]
    candidates += [nick[: SHORT_NICK - 3] + nonce[at : at + 3] for at in (0, 3, 6)]
    for candidate in candidates[registration.nicks_tried :]:
        registration.nicks_tried += 1
        if longest is None or len(candidate) <= longest:
            irc.send_now("NICK", candidate)
            return
    irc.send_now("QUIT")
    irc.end(Offline.NETWORK, words(line))


# Welcome.


def on_welcome(irc: Irc, line: Line) -> None:
    irc.state = State.WELCOMED
    irc.server = line.source
    irc.set_nick(line.params[0])  # The server may have shortened the one we asked for.
    irc.learn_prefix(line.params[-1].split()[-1] if line.params[-1].split() else "")
    irc.wake("motd", MOTD_SECONDS)


def on_motd_start(irc: Irc, line: Line) -> None:
    irc.registration.motd.clear()


def on_motd(irc: Irc, line: Line) -> None:
    if len(irc.registration.motd) < MAX_MOTD:
        irc.registration.motd.append(line.params[-1].removeprefix("- "))


def on_motd_end(irc: Irc, line: Line) -> None:
    """376, or 422: there is none."""
    if irc.state is State.WELCOMED:
        prepare(irc)
    elif line.command == "422":
        irc.notice(words(line))
    else:
        tell_motd(irc)


def tell_motd(irc: Irc) -> None:
    irc.notice("\n".join(irc.registration.motd).rstrip())
    irc.registration.motd.clear()


def greet(irc: Irc) -> None:
    """With the MOTD, unless it is the one that was told last time: clients log in often."""
    digest = sha256("\n".join(irc.registration.motd).encode(errors="replace")).hexdigest()
    if irc.registration.motd and irc.login.memory.get("motd") != digest:
        irc.tell(Remember("motd", digest, MOTD_REMEMBERED))
        tell_motd(irc)
    irc.registration.motd.clear()


def on_motd_timer(irc: Irc) -> None:
    if irc.state is State.WELCOMED and not irc.registration.is_identifying:
        prepare(irc)


def prepare(irc: Irc) -> None:
    if irc.registration.is_identifying:
        return
    if sasl_login.identify(irc):
        irc.registration.is_identifying = True
        irc.wake("identify", IDENTIFY_SECONDS)
    else:
        go_online(irc)


def on_early_notice(irc: Irc, line: Line) -> None:
    """Before we are online, the answer of NickServ is the one we wait for."""
    messages.on_notice(irc, line)
    if irc.registration.is_identifying and line.nick.lower() == "nickserv":
        go_online(irc)


def on_identify_timer(irc: Irc) -> None:
    if irc.state is State.WELCOMED:
        go_online(irc)


def go_online(irc: Irc) -> None:
    """Commands that waited are next; the FSM sees to that."""
    irc.state = State.ONLINE
    irc.tell(Welcomed(irc.nick))
    greet(irc)
    for text in irc.fields.get("perform", "").splitlines()[:MAX_PERFORM]:
        perform(irc, text)
    contacts.start(irc)


def perform(irc: Irc, text: str) -> None:
    try:
        line = parse(text.strip().removeprefix("/"))
    except WireError:
        return  # An empty line; the form has refused all else.
    irc.send("", line.command, *line.params)


# Staying.


def on_ping(irc: Irc, line: Line) -> None:
    irc.send_now("PONG", line.params[0])


def on_ping_timer(irc: Irc) -> None:
    """Any line shows that the server is there; only silence is asked about."""
    if irc.heard:
        irc.is_pinging = False
    elif irc.is_pinging:
        silence = 2 * irc.settings.ping_seconds
        irc.end(Offline.NETWORK, f"Nothing came from the server for {silence:.0f} seconds.")
        return
    else:
        irc.is_pinging = True
        irc.send_now("PING", irc.server or "greengate")
    irc.heard = False
    irc.wake("ping", irc.settings.ping_seconds)


# Leaving.


def logout(irc: Irc, command: Logout) -> None:
    if irc.state in (State.REGISTERING, State.WELCOMED, State.ONLINE):
        reason = command.reason or irc.settings.quit_message
        irc.send_now("QUIT", *([reason] if reason else []))
    irc.end(Offline.ASKED, "")
