"""From the socket to being online, staying there, and leaving.

CONNECTING ──► GREETING ──USR S──► AUTHORIZING ──► SIGNING_ON ──USR OK──► LISTING ──► ONLINE
               VER CVR USR I       tickets, HTTP   USR S      lists, HTTP    CHG
                 ▲      │
                 └──XFR NS           anywhere: Lost, OUT, Logout ──► OVER
"""

import re

from gateway.commands import Logout
from gateway.errors import Reason, WireError
from gateway.events import Offline
from gateway.fsm import MAIN, Connect, HangUp
from networks.msn import listing, presence, sso
from networks.msn.challenge import PRODUCTS, answer
from networks.msn.ids import normalise
from networks.msn.news import Welcomed
from networks.msn.refusals import LOGIN_ERRORS
from networks.msn.requests import Asked, Request
from networks.msn.services import fetch_tickets, run
from networks.msn.sso import Site
from networks.msn.state import Msn, State, Task
from networks.msn.wire import Command, MsnCodec

LOGIN_SECONDS = 120.0
"""From the first byte to being online.  A large address book takes a busy server a while."""

MAX_REDIRECTS = 3
"""From one notification server to the next."""

CLIENT = ("0x0409", "winnt", "5.1", "i386", "MSNMSGR", "8.5.1302", "msmsgs")
"""Locale, system and program: those of the last client that spoke MSNP15."""

ADDRESS = re.compile(r"(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?")

REPLACED = "The account was used to sign in somewhere else."
GOING_DOWN = "The server is going down."
CIRCLES = "The server sends us in circles."
NOWHERE = "The server sends us to a place that is none."


def start(msn: Msn) -> None:
    connect(msn, msn.server, MAIN)
    msn.wake("login", LOGIN_SECONDS)


def connect(msn: Msn, server: tuple[str, int], link: str) -> None:
    host, port = server
    msn.effects.append(Connect(host=host, port=port, tls=None, codec=MsnCodec(), link=link))


def server_of(text: str, port: int) -> tuple[str, int] | None:
    """``host:port``, or the host alone; None if it is neither."""
    found = ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"] or port) < 0x10000:
        return None
    return found["host"].strip("[]"), int(found["port"] or port)


# Greeting.


def on_connected(msn: Msn) -> None:
    msn.state = State.GREETING
    msn.connected(MAIN)
    msn.send("VER", msn.settings.protocol, "CVR0")
    msn.wake("ping", msn.settings.ping_seconds)


def on_version(msn: Msn, command: Command) -> None:
    if msn.settings.protocol not in command.args[1:]:
        msn.end(Offline.NETWORK, f"The server does not speak {msn.settings.protocol}.")
        return
    msn.send("CVR", *CLIENT, msn.address)


def on_client(msn: Msn, command: Command) -> None:
    msn.send("USR", "TWN" if msn.is_twn else "SSO", "I", msn.address)


def on_redirect(msn: Msn, command: Command) -> None:
    """XFR n NS: once the present link is gone, another is opened."""
    where = server_of(command.arg(2), msn.settings.port)
    if command.arg(1) != "NS":
        return
    msn.redirects += 1
    if where is None or msn.redirects > MAX_REDIRECTS:
        msn.end(Offline.NETWORK, CIRCLES if where else NOWHERE)
        return
    msn.server = where
    msn.is_redirected = True
    msn.effects.append(HangUp(MAIN))


def on_redirected(msn: Msn) -> None:
    """The former link is gone."""
    msn.is_redirected = False
    msn.state = State.CONNECTING
    connect(msn, msn.server, MAIN)


def on_user(msn: Msn, command: Command) -> None:
    """USR n SSO S policy nonce; USR n TWN S policy"""
    if command.arg(2) != "S":
        return
    msn.policy = command.arg(3)
    msn.nonce = command.args[4] if len(command.args) > 4 else ""
    msn.state = State.AUTHORIZING
    run(msn, sign_on(msn), Request(Asked.LOGIN))


def sign_on(msn: Msn) -> Task:
    yield from fetch_tickets(msn)
    msn.state = State.SIGNING_ON
    if msn.is_twn:
        msn.send("USR", "TWN", "S", msn.ticket(Site.MESSENGER).text or NO_TICKET)
        return
    ticket = msn.ticket(Site.NOTIFICATION)
    try:
        response = sso.response(ticket.secret, msn.nonce, msn.random(8))
    except WireError:
        # Some servers give no secret, and want no proof.
        msn.send("USR", "SSO", "S", ticket.text or NO_TICKET)
    else:
        msn.send("USR", "SSO", "S", ticket.text, response)


NO_TICKET = "t=&p="
"""The server says what it thinks of that."""


def on_login_failed(msn: Msn, request: Request, reason: Reason, detail: str) -> None:
    """No tickets, or no lists."""
    is_theirs = reason is Reason.NOT_AUTHORIZED
    msn.end(Offline.BAD_CREDENTIALS if is_theirs else Offline.NETWORK, detail)


def on_login_error(msn: Msn, command: Command) -> None:
    """A number instead of an answer, before we are in.  The password is not what 911 is about once
    there are tickets: the log-in server has taken it."""
    why, words = LOGIN_ERRORS.get(int(command.verb), (Offline.NETWORK, "The server refused us."))
    if msn.state is not State.GREETING:
        why = Offline.NETWORK
    msn.end(why, f"{words} (error {command.verb})")


def on_login_timer(msn: Msn) -> None:
    if msn.state is not State.ONLINE:
        msn.end(
            Offline.NETWORK, f"The server did not let us in within {LOGIN_SECONDS:.0f} seconds."
        )


# In.


def on_accepted(msn: Msn, command: Command) -> None:
    """USR n OK address"""
    if command.arg(1) == "OK":
        spelled = command.arg(2).strip()
        if normalise(spelled) == msn.me:
            msn.address = spelled
        msn.state = State.LISTING
        run(msn, fetch_lists(msn), Request(Asked.LOGIN))


def fetch_lists(msn: Msn) -> Task:
    yield from listing.fetch_lists(msn)
    go_online(msn)


def go_online(msn: Msn) -> None:
    """Commands that waited are next; the FSM sees to that."""
    msn.state = State.ONLINE
    msn.send("BLP", "AL")  # Escargot says BL of whoever has never chosen.
    listing.announce_lists(msn)
    presence.announce(msn)
    msn.tell(Welcomed(msn.me))
    listing.tell_all(msn)


# Staying.


def on_challenge(msn: Msn, command: Command) -> None:
    """CHL 0 challenge"""
    product = PRODUCTS[msn.settings.protocol]
    msn.send("QRY", product.id, payload=answer(command.arg(1), product).encode())


def on_ping_timer(msn: Msn) -> None:
    """PNG is answered by QNG, but anything that comes is a sign of life.  Servers hang up on those
    who say it too early; until then there is the clock of the log-in."""
    if msn.is_pinging and not msn.heard:
        silence = 2 * msn.settings.ping_seconds
        msn.end(Offline.NETWORK, f"Nothing came from the server for {silence:.0f} seconds.")
        return
    if msn.state in IN:
        msn.is_pinging = True
        msn.heard = False
        msn.send_bare("PNG")
    msn.wake("ping", msn.settings.ping_seconds)


IN = {State.LISTING, State.ONLINE}


# Leaving.


def on_out(msn: Msn, command: Command) -> None:
    match command.arg(0):
        case "OTH":
            msn.end(Offline.REPLACED, REPLACED)
        case "SSD":
            msn.end(Offline.NETWORK, GOING_DOWN)
        case _:
            msn.end(Offline.NETWORK, "The server has signed us out.")


def logout(msn: Msn, command: Logout) -> None:
    if msn.state is not State.CONNECTING:
        msn.send_bare("OUT")
    msn.end(Offline.ASKED, "")
