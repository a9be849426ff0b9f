"""BOS, the server that one stays connected to: getting online there, staying, leaving.

    sign-on with the cookie ──►  01/03 families     01/17 ──►  01/18     01/06 ──►  01/07 rates
    01/08, 01/0e, 13/05 … ──►  01/0f ourselves, 13/06 address book     01/1e, 13/07, 01/02 ──►

AOL's description of OSCAR, *Connecting to BOS*.
"""

from hashlib import sha256

from gateway.commands import Logout
from gateway.events import Offline
from gateway.fsm import MAIN
from networks.oscar import contacts, copy, messages, own, presence
from networks.oscar.blocks import (
    build_location,
    build_online,
    build_rate_subscription,
    build_status,
    build_versions,
    parse_families,
    parse_motd,
    parse_rate_change,
    parse_rates,
)
from networks.oscar.data import tlvs
from networks.oscar.feedbag import parse_feedbag
from networks.oscar.icbm import WANT_MESSAGES, WANT_MISSED, WANT_TYPING
from networks.oscar.icbm import build_params as build_message_params
from networks.oscar.news import Remember, Welcomed
from networks.oscar.parts import State
from networks.oscar.services import choose_versions
from networks.oscar.state import Oscar
from networks.oscar.users import (
    CAP_CHAT,
    CAP_ICON,
    CAP_INTEROPERATE,
    CAP_TYPING,
    CAP_UTF8,
    CAP_XHTML,
    STATUS_INVISIBLE,
)
from networks.oscar.wire import MORE_FOLLOWS, KeepAlive, Signoff, Signon, Snac

MOTD_REMEMBERED = 90 * 86_400.0
"""Seconds after which the same MOTD is told again to somebody who was away for that long."""

FEEDBAG = 0x13

MAX_EARLY = 1000
"""Changes of the address book by others before we are online: it has no more items than that."""

CAPABILITIES = (CAP_UTF8, CAP_INTEROPERATE, CAP_TYPING, CAP_XHTML)
AIM_CAPABILITIES = (*CAPABILITIES, CAP_CHAT, CAP_ICON)

BECAUSE_REPLACED = 0x01
"""TLV 09 of a sign-off; also when we have sent too fast."""

TOO_FAST = "The server hung up because too much was sent."

# Signing on.


def on_signon(oscar: Oscar) -> None:
    """FLAP channel 1: the server speaks first."""
    if oscar.state is State.CONNECTING:
        oscar.state = State.SIGNING_ON
        oscar.send_now(Signon(tlvs((0x06, oscar.signon.cookie))), MAIN)
        oscar.wake("ping", oscar.settings.ping_seconds)


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
        recalled = copy.decode(oscar.login.memory.get(copy.NAME, ""), owner(oscar))
        oscar.signon.recalled = recalled
        oscar.send(FEEDBAG, 0x05, (recalled or copy.NO_COPY).query())


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
        signon.copy = copy.Copy(tuple(signon.items), part.changed).learn(signon.recalled)
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


def on_early_push(oscar: Oscar, snac: Snac) -> None:
    """13/08, 13/09, 13/0a: another client changes the address book while we read it."""
    if len(oscar.signon.early) < MAX_EARLY:
        oscar.signon.early.append(snac)


def owner(oscar: Oscar) -> str:
    """Who has that address book, and where."""
    return f"{oscar.id} {oscar.settings.server}"


def remember_feedbag(oscar: Oscar) -> None:
    """For the next log-in, unless the server would not know it from one that changes right now."""
    signon = oscar.signon
    found, since = signon.copy, signon.signed_on
    if found and found is not signon.recalled and since and found.changed < since.timestamp():
        oscar.tell(Remember(copy.NAME, found.encode(owner(oscar))))


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
    for snac in signon.early:  # What was read may have them already, which does no harm.
        contacts.on_pushed(oscar, snac)


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
