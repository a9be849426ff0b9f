"""The login server: who we are, and where to go on.

    AUTHORIZING ──17/03──► CONNECTING ──sign-on──► SIGNING_ON ──01/0f, 13/06──► ONLINE
    login server  050c/03  BOS, see there             anywhere: Lost, sign-off, Logout ──► OVER

The password goes to the login server (BUCP, family 17h; or Kerberos, see there), which sends us on
to BOS with a cookie.
AOL's description of OSCAR, *Authorization*.
"""

from gateway.errors import WireError
from gateway.events import Offline
from gateway.fsm import MAIN, Connect, Fetch, Fetched, HangUp
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
from networks.oscar.data import Tlvs, lenient_tlvs
from networks.oscar.parts import State
from networks.oscar.refusals import KERBEROS_ERRORS, LOGIN_ERRORS, PACE, TOO_MANY, UNKNOWN
from networks.oscar.state import AUTH, Oscar
from networks.oscar.wire import Signon, Snac

OK = 200
"""Status of HTTP."""

LOGIN_SECONDS = 60.0
"""From the first byte to being online.  The login server itself waits thirty."""


# The login server.


def start(oscar: Oscar) -> None:
    settings = oscar.settings
    host, port = settings.first
    if settings.login == "kerberos":
        ask_for_ticket(oscar, host, port)
    else:
        tls = settings.trust if settings.tls else None
        codec = oscar.codec()
        oscar.effects.append(Connect(host=host, port=port, tls=tls, codec=codec, link=AUTH))
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
    where = redirect(items)
    oscar.effects.append(HangUp(AUTH))
    go_on(oscar, where)


def go_on(oscar: Oscar, where: Redirect) -> None:
    oscar.signon.cookie = where.cookie
    oscar.state = State.CONNECTING
    services.connect(oscar, where, MAIN)


def refused(oscar: Oscar, code: int, items: Tlvs) -> None:
    why, words = LOGIN_ERRORS.get(code, UNKNOWN)
    url = items.text(0x04)
    pause = PACE.seconds if code in TOO_MANY else None
    oscar.end(why, f"{words} (code {code:02x}h{', ' + url if url else ''})", pause)


# The login server of AIM 6, spoken to by HTTP.


def ask_for_ticket(oscar: Oscar, host: str, port: int) -> None:
    """050c/0002"""
    settings = oscar.settings
    password = password_bytes(oscar.login.fields["password"], oscar.is_icq)
    oscar.effects.append(
        Fetch(
            name="ticket",
            host=host,
            port=port,
            tls=settings.trust if settings.uas_tls else None,
            headers=(("Content-Type", kerberos.CONTENT),),
            body=kerberos.build_request(oscar.name, password),
            seconds=LOGIN_SECONDS,
            max_size=kerberos.MAX_ANSWER,
        )
    )


def on_ticket(oscar: Oscar, fetched: Fetched) -> None:
    """050c/0003, 050c/0004"""
    if fetched.status != OK:
        oscar.end(
            Offline.NETWORK, fetched.failure or f"HTTP status {fetched.status}: {OK} expected"
        )
        return
    try:
        answer = kerberos.parse_answer(fetched.body)
    except WireError as error:
        on_unreadable(oscar, AUTH, error)
        return
    match answer:
        case kerberos.Granted(where):
            go_on(oscar, where)
        case kerberos.Denied(code, text):
            why, words = KERBEROS_ERRORS.get(code, UNKNOWN)
            oscar.end(why, f"{words} (code {code:04x}h{', ' + text if text else ''})")


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
