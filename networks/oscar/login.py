"""The login server: who we are, and where to go on.

    AUTHORIZING ──17/03──► CONNECTING ──sign-on──► SIGNING_ON ──01/0f, 13/06──► ONLINE
    login server  050c/03  BOS, see there             anywhere: Lost, sign-off, Logout ──► OVER

The password goes to the login server (BUCP, family 17h; or Kerberos, see there), which sends us on
to BOS with a cookie.
AOL's description of OSCAR, *Authorization*.
"""

from gateway.errors import WireError
from gateway.events import Offline
from gateway.fsm import MAIN, Connect, HangUp, Send
from networks.oscar import kerberos, services
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
    redirect,
)
from networks.oscar.refusals import KERBEROS_ERRORS, LOGIN_ERRORS, PACE, TOO_MANY, UNKNOWN
from networks.oscar.state import AUTH, UAS, Oscar, State
from networks.oscar.wire import (
    Signon,
    Snac,
    Tlvs,
    lenient_tlvs,
)

LOGIN_SECONDS = 60.0
"""From the first byte to being online.  The login server itself waits thirty."""


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


def on_signon(oscar: Oscar) -> None:
    """FLAP channel 1: the server speaks first."""
    if oscar.state is State.AUTHORIZING:
        oscar.send_now(Signon(), AUTH)
        challenge = build_challenge_request(oscar.name)
        oscar.send_now(Snac(0x17, 0x06, challenge, oscar.next_id()), AUTH)


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
