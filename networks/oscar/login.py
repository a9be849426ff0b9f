"""From the socket to being online, staying there, and leaving.

    AUTHORIZING ──17/03──► CONNECTING ──sign-on──► SIGNING_ON ──01/0f, 13/06──► ONLINE
    login server  050c/03  BOS                        anywhere: Lost, sign-off, Logout ──► OVER

The password goes to the login server (BUCP, family 17h; or Kerberos, see there), which sends us on
to BOS with a cookie.
AOL's description of OSCAR, *Authorization* and *Connecting to BOS*.
"""

from hashlib import sha256

from gateway.commands import Logout
from gateway.errors import WireError
from gateway.events import Offline
from gateway.fsm import MAIN, Connect, HangUp, Send
from networks.oscar import contacts, kerberos, messages, own, presence, services
from networks.oscar.auth import (
    build_challenge_request,
    build_login,
    parse_challenge,
    password_bytes,
    strong_hash,
    weak_hash,
)
from networks.oscar.blocks import (
    Redirect,
    build_location,
    build_online,
    build_rate_subscription,
    build_status,
    build_versions,
    parse_families,
    parse_motd,
    parse_rate_change,
    parse_rates,
    redirect,
)
from networks.oscar.copy import NAME as COPY
from networks.oscar.copy import NO_COPY, Copy
from networks.oscar.copy import decode as decode_copy
from networks.oscar.feedbag import parse_feedbag
from networks.oscar.icbm import WANT_MESSAGES, WANT_MISSED, WANT_TYPING
from networks.oscar.icbm import build_params as build_message_params
from networks.oscar.news import Remember, Welcomed
from networks.oscar.refusals import KERBEROS_ERRORS, LOGIN_ERRORS, PACE, TOO_MANY, UNKNOWN
from networks.oscar.services import choose_versions
from networks.oscar.state import AUTH, UAS, Oscar, State
from networks.oscar.users import (
    CAP_CHAT,
    CAP_ICON,
    CAP_INTEROPERATE,
    CAP_TYPING,
    CAP_UTF8,
    CAP_XHTML,
    STATUS_INVISIBLE,
)
from networks.oscar.wire import (
    MORE_FOLLOWS,
    KeepAlive,
    Signoff,
    Signon,
    Snac,
    Tlvs,
    lenient_tlvs,
    tlvs,
)

LOGIN_SECONDS = 60.0
"""From the first byte to being online.  The login server itself waits thirty."""

MOTD_REMEMBERED = 90 * 86_400.0
"""Seconds after which the same MOTD is told again to somebody who was away for that long."""

FEEDBAG = 0x13

CAPABILITIES = (CAP_UTF8, CAP_INTEROPERATE, CAP_TYPING, CAP_XHTML)
AIM_CAPABILITIES = (*CAPABILITIES, CAP_CHAT, CAP_ICON)

BECAUSE_REPLACED = 0x01
"""TLV 09 of a sign-off; also when we have sent too fast."""

TOO_FAST = "The server hung up because too much was sent."


# The login server.


def start(oscar: Oscar) -> None:
    settings = oscar.settings
    is_kerberos = settings.login == "kerberos"
    is_tls = settings.uas_tls if is_kerberos else settings.tls
    host, port = settings.first
    oscar.effects.append(
        Connect(
            host=host,
            port=port,
            tls=settings.trust if is_tls else None,
            codec=kerberos.KerberosCodec() if is_kerberos else oscar.codec(),
            link=UAS if is_kerberos else AUTH,
        )
    )
    oscar.wake("login", LOGIN_SECONDS)


def on_signon(oscar: Oscar, link: str) -> None:
    """FLAP channel 1: the server speaks first."""
    if link == AUTH and oscar.state is State.AUTHORIZING:
        oscar.send_now(Signon(), AUTH)
        challenge = build_challenge_request(oscar.name)
        oscar.send_now(Snac(0x17, 0x06, challenge, oscar.next_id()), AUTH)
    elif link == MAIN and oscar.state is State.CONNECTING:
        oscar.state = State.SIGNING_ON
        oscar.send_now(Signon(tlvs((0x06, oscar.signon.cookie))), MAIN)
        oscar.wake("ping", oscar.settings.ping_seconds)


def on_challenge(oscar: Oscar, snac: Snac) -> None:
    """17/07"""
    is_strong = oscar.settings.strong_hash
    hashed = strong_hash if is_strong else weak_hash
    password = password_bytes(oscar.login.fields["password"], oscar.is_icq)
    login = build_login(
        oscar.name, hashed(parse_challenge(snac.data), password), is_strong=is_strong
    )
    oscar.send_now(Snac(0x17, 0x02, login, oscar.next_id()), AUTH)


def on_login_answer(oscar: Oscar, snac: Snac) -> None:
    """17/03; also instead of a challenge, and with any request id."""
    items = lenient_tlvs(snac.data)
    code = items.number(0x08)
    if code is not None:
        refused(oscar, code, items)
        return
    go_on(oscar, redirect(items), AUTH)


def go_on(oscar: Oscar, where: Redirect, done_with: str) -> None:
    oscar.signon.cookie = where.cookie
    oscar.state = State.CONNECTING
    oscar.effects.append(HangUp(done_with))
    services.connect(oscar, where, MAIN)


def refused(oscar: Oscar, code: int, items: Tlvs) -> None:
    why, words = LOGIN_ERRORS.get(code, UNKNOWN)
    url = items.text(0x04)
    pause = PACE.seconds if code in TOO_MANY else None
    oscar.end(why, f"{words} (code {code:02x}h{', ' + url if url else ''})", pause)


# The login server of AIM 6, spoken to by HTTP.


def on_uas(oscar: Oscar) -> None:
    """We are connected, and speak first."""
    host, port = oscar.settings.first
    password = password_bytes(oscar.login.fields["password"], oscar.is_icq)
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    request = kerberos.TicketRequest(authority, oscar.name, password)
    oscar.effects.append(Send(request, UAS))


def on_granted(oscar: Oscar, frame: kerberos.Granted) -> None:
    """050c/0003"""
    go_on(oscar, frame.redirect, UAS)


def on_denied(oscar: Oscar, frame: kerberos.Denied) -> None:
    """050c/0004"""
    why, words = KERBEROS_ERRORS.get(frame.code, UNKNOWN)
    oscar.end(why, f"{words} (code {frame.code:04x}h{', ' + frame.text if frame.text else ''})")


# Either did not.


def on_unreadable(oscar: Oscar, link: str, error: WireError) -> None:
    """Of a SNAC.  Until we are online only the server itself speaks, and nothing follows if we do
    not understand it."""
    if link in (AUTH, MAIN) and oscar.state is not State.ONLINE:
        oscar.end(Offline.NETWORK, f"The server cannot be understood: {error}")


def on_login_timer(oscar: Oscar) -> None:
    if oscar.state is not State.ONLINE:
        oscar.end(
            Offline.NETWORK, f"The server did not let us in within {LOGIN_SECONDS:.0f} seconds."
        )


# BOS.


def on_families(oscar: Oscar, snac: Snac) -> None:
    """01/03"""
    families = parse_families(snac.data)
    oscar.signon.families = frozenset(families)
    oscar.signon.has_feedbag = FEEDBAG not in families
    oscar.send(0x01, 0x17, build_versions(choose_versions(families)))


def on_versions(oscar: Oscar, snac: Snac) -> None:
    """01/18"""
    oscar.send(0x01, 0x06)


def on_rates(oscar: Oscar, snac: Snac) -> None:
    """01/07"""
    params = parse_rates(snac.data)
    oscar.rates.learn(params)
    oscar.send(0x01, 0x08, build_rate_subscription(params))
    oscar.send(0x01, 0x0E)
    for family, subtype in ((0x02, 0x02), (0x03, 0x02), (0x04, 0x04), (0x09, 0x02)):
        if family in oscar.signon.families:
            oscar.send(family, subtype)
    if FEEDBAG in oscar.signon.families:
        oscar.send(FEEDBAG, 0x02)
        recalled = decode_copy(oscar.login.memory.get(COPY, ""), owner(oscar))
        oscar.signon.recalled = recalled
        oscar.send(FEEDBAG, 0x05, (recalled or NO_COPY).query())


def on_rate_change(oscar: Oscar, snac: Snac) -> None:
    """01/0a"""
    oscar.rates.change(*parse_rate_change(snac.data))


def on_self(oscar: Oscar, snac: Snac) -> None:
    """01/0f: also the answer to our question whether the server is still there."""
    if oscar.state is State.SIGNING_ON:
        presence.learn_self(oscar, snac)
        oscar.signon.has_self = True
        go_online(oscar)
    else:
        presence.on_self(oscar, snac)


def on_feedbag(oscar: Oscar, snac: Snac) -> None:
    """13/06: in parts, all but the last with MORE_FOLLOWS."""
    signon, part = oscar.signon, parse_feedbag(snac.data)
    signon.items += part.items
    if not snac.flags & MORE_FOLLOWS:
        signon.copy = Copy(tuple(signon.items), part.changed).learn(signon.recalled)
        has_feedbag(oscar)


def on_unchanged(oscar: Oscar, snac: Snac) -> None:
    """13/0f: as we have it; as empty as ours, if we have none."""
    signon = oscar.signon
    if signon.recalled and not signon.recalled.is_confirmed(snac.data):
        oscar.send(FEEDBAG, 0x04)
        return
    signon.copy = signon.recalled
    has_feedbag(oscar)


def on_no_feedbag(oscar: Oscar, snac: Snac) -> None:
    """13/01"""
    has_feedbag(oscar)


def has_feedbag(oscar: Oscar) -> None:
    for item in oscar.signon.copy.items if oscar.signon.copy else ():
        oscar.book.put(item)
    oscar.signon.has_feedbag = True
    go_online(oscar)


def owner(oscar: Oscar) -> str:
    """Who has that address book, and where."""
    return f"{oscar.id} {oscar.settings.server}"


def remember_feedbag(oscar: Oscar) -> None:
    """For the next log-in, unless the server would not know it from one that changes right now."""
    copy, since = oscar.signon.copy, oscar.signon.signed_on
    if copy and copy is not oscar.signon.recalled and since and copy.changed < since.timestamp():
        oscar.tell(Remember(COPY, copy.encode(owner(oscar))))


def on_motd(oscar: Oscar, snac: Snac) -> None:
    """01/13, unless it is the one that was told last time: clients log in often."""
    text = parse_motd(snac.data).strip()
    digest = sha256(text.encode()).hexdigest()
    if text and oscar.login.memory.get("motd") != digest:
        oscar.tell(Remember("motd", digest, MOTD_REMEMBERED))
        oscar.notice(text)


def go_online(oscar: Oscar) -> None:
    """Commands that waited are next; the FSM sees to that."""
    signon = oscar.signon
    if oscar.state is not State.SIGNING_ON or not (signon.has_self and signon.has_feedbag):
        return
    flags = WANT_MESSAGES | WANT_MISSED | WANT_TYPING
    oscar.send(0x04, 0x02, build_message_params(flags), is_owed=True)
    capabilities = CAPABILITIES if oscar.is_icq else AIM_CAPABILITIES
    location = build_location(capabilities=capabilities, profile=own.recall(oscar))
    oscar.send(0x02, 0x04, location, is_owed=True)
    if oscar.is_invisible:
        oscar.own.status = STATUS_INVISIBLE
    if oscar.is_icq or oscar.is_invisible:  # Before 01/02: else everybody would see us come.
        status = build_status(oscar.own.status, with_dc_info=oscar.is_icq)
        oscar.send(0x01, 0x1E, status, is_owed=True)
    if FEEDBAG in signon.families:
        oscar.send(FEEDBAG, 0x07, is_owed=True)
    versions = choose_versions(tuple(sorted(signon.families)))
    oscar.send(0x01, 0x02, build_online(versions), is_owed=True)
    oscar.state = State.ONLINE
    oscar.wake("settled", contacts.SETTLING_SECONDS)
    oscar.tell(Welcomed(oscar.name))
    contacts.tell_all(oscar)
    remember_feedbag(oscar)
    messages.ask_for_stored(oscar)


# Staying.


def on_ping_timer(oscar: Oscar) -> None:
    """No server answers a KeepAlive; silence is asked about."""
    if oscar.heard:
        oscar.is_pinging = False
    elif oscar.is_pinging:
        silence = 2 * oscar.settings.ping_seconds
        oscar.end(Offline.NETWORK, f"Nothing came from the server for {silence:.0f} seconds.")
        return
    elif oscar.state is State.ONLINE:
        oscar.is_pinging = True
        oscar.send(0x01, 0x0E, is_owed=True)
    oscar.heard = False
    oscar.send_now(KeepAlive(), MAIN)
    for service in oscar.services.values():
        if service.is_signed_on:
            oscar.send_now(KeepAlive(), service.link)
    oscar.wake("ping", oscar.settings.ping_seconds)


# Leaving.


def on_signoff(oscar: Oscar, frame: Signoff) -> None:
    """FLAP channel 4, of BOS.  That of the login server repeats what it has said."""
    words = frame.tlvs.text(0x0B)
    if words.startswith("http"):  # The home page of open-oscar-server.
        words = ""
    if frame.tlvs.number(0x09) != BECAUSE_REPLACED:
        oscar.end(Offline.NETWORK, words or "The server has signed us off.")
    elif oscar.rates.is_limited:
        oscar.end(Offline.NETWORK, TOO_FAST)
    else:
        oscar.end(Offline.REPLACED, words or "The account was used to sign on somewhere else.")


def on_moved(oscar: Oscar, snac: Snac) -> None:
    """01/12: the server is about to go down."""
    oscar.end(Offline.NETWORK, "The server asks to sign on anew.")


def logout(oscar: Oscar, command: Logout) -> None:
    if oscar.state in (State.SIGNING_ON, State.ONLINE):
        oscar.send_now(Signoff(), MAIN)
    oscar.end(Offline.ASKED, "")
