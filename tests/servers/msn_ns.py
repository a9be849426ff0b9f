"""The notification server: log-in, presence, switchboards.

VER ─► CVR ─► USR … I ─► USR … S ─► logged in (BLP, ADL, PRP, UUX) ─► CHG: online
"""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

from tests.servers import msn_lists as lists
from tests.servers import msn_oim as oim
from tests.servers import msn_presence as presence
from tests.servers.msn_keys import PRODUCTS, challenge_response, sso_problem
from tests.servers.msn_users import fold
from tests.servers.msn_wire import Command, message, plain, quote
from tests.servers.msn_world import Passport, Record, Session

DIALECTS = (18, 17, 16, 15, 14, 13)
"""The first that the client knows too is taken, whatever comes after."""
PLAYED = (15, 14, 13)
SSO_FROM = 15

POLICY = "MBI_KEY_OLD"
TWEENER = "ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1"
CLEAR, MESSENGER = "messengerclear.live.com", "messenger.msn.com"
"""Whose ticket is for SSO, and whose for TWN."""

POLICIES = b'<Policies>\n\t<Policy type="P2P"><ObjStr SndDly="1" /></Policy>\n</Policies>'
"""GCF: nothing that a client needs."""
SHIELDS = (
    b'<?xml version="1.0" encoding="utf-8" ?>\n<config>\n'
    b'\t<shield><cli maj="7" min="0" minbld="0" maxbld="9999" deny=" " /></shield>\n'
    b"\t<block></block>\n</config>"
)

INVALID, NOT_NOW, CHALLENGE_FAILED, DISABLED, AUTHENTICATION = 201, 913, 540, 502, 911

CHALLENGE_SECONDS = 50.0

PROFILE = """\
LoginTime: {now}\r
EmailEnabled: 0\r
MemberIdHigh: {high}\r
MemberIdLow: {low}\r
lang_preference: 1033\r
preferredEmail:\r
country:\r
Kid: 0\r
Flags: 536872513\r
sid: 507\r
MSPAuth: {ticket}\r
ClientIP: 127.0.0.1\r
ClientPort: 50000\r
ABCHMigrated: 1\r
MPOPEnabled: 0\r
\r
"""

Handler = Callable[[Session, Command], None]


def receive(session: Session, command: Command) -> None:
    world = session.world
    name = fold(session.me.address if session.user else session.claimed)
    world.sent.append(Record(name, session.service, command))
    session.said.add(command.name)
    if command.name not in WITHOUT_TRID:
        _check_trid(session, command)
    if world.ways.silent and not session.played:
        return
    table = LOGGED_IN if session.logged_in else BEFORE[session.step]
    handler = {**table, **ALWAYS}.get(command.name)
    if handler is None:
        return session.violation(f"{command} in step {session.step}")
    return handler(session, command)


def _check_trid(session: Session, command: Command) -> None:
    if not command.trid.isdigit() or int(command.trid) <= session.trid:
        session.violation(f"{command}: TrID after {session.trid}")
    else:
        session.trid = int(command.trid)


def leave(session: Session) -> None:
    """Also more than once."""
    session.close()
    if session in session.world.links:
        session.world.links.remove(session)
        presence.refresh(session.world)


# The log-in.


def version(session: Session, asked: Command) -> None:
    known = [number for number in DIALECTS if f"MSNP{number}" in asked.args]
    if not known:
        session.send("VER", asked.trid, "0")
        return session.close()
    session.dialect = known[0]
    session.step = "CVR"
    session.send("VER", asked.trid, f"MSNP{session.dialect}")
    if session.dialect not in PLAYED:
        session.violation(f"{asked}: MSNP{session.dialect}, which is not played here")
    return None


def client_version(session: Session, asked: Command) -> None:
    session.claimed = plain(asked.arg(8))
    session.step = "USR"
    url = "https://localhost"
    release = asked.arg(6)
    session.send("CVR", asked.trid, release, release, release, url, url)


def initiate(session: Session, asked: Command) -> None:
    """USR n SSO I, or TWN."""
    wanted = "SSO" if session.dialect >= SSO_FROM else "TWN"
    if asked.args[1:3] != (wanted, "I"):
        session.violation(f"{asked} in MSNP{session.dialect}")
        return session.close()
    address = asked.arg(3)
    if "@" not in address:
        return session.refuse_and_close(asked, AUTHENTICATION)
    if fold(address) != fold(session.claimed):
        session.violation(f"{asked} after CVR of {session.claimed}")
    session.claimed = address
    if session.dispatch:
        session.send("XFR", asked.trid, "NS", session.world.ns_address, "U", "D")
        return session.close()
    session.send("GCF", "0", payload=POLICIES)
    session.step = "TICKET"
    if wanted == "TWN":
        return session.send("USR", asked.trid, "TWN", "S", TWEENER)
    session.nonce = session.world.make_nonce()
    return session.send("USR", asked.trid, "SSO", "S", POLICY, session.nonce)


def authenticate(session: Session, asked: Command) -> None:
    """USR n SSO S ticket response, or TWN S ticket."""
    passport = _passport(session, asked)
    if passport is None:
        return session.refuse_and_close(asked, AUTHENTICATION)
    world, user = session.world, passport.user
    if former := world.session(user):
        former.send("OUT", "OTH")
        leave(former)
    session.user, session.passport = user, passport
    session.logged_in = True
    session.send("USR", asked.trid, "OK", user.address, "1", "0")
    session.send("SBS", "0", "null")
    return session.send("MSG", "Hotmail", "Hotmail", payload=_profile(session, asked.arg(3)))


def _passport(session: Session, asked: Command) -> Passport | None:
    """Whose ticket it is; None, and a violation: nobody's."""
    kind = "SSO" if session.dialect >= SSO_FROM else "TWN"
    if asked.args[1:3] != (kind, "S"):
        session.violation(f"{asked} in MSNP{session.dialect}")
        return None
    ticket = asked.arg(3)
    passport = session.world.passport(ticket)
    if passport is None or session.world.expired(passport):
        session.violation("a ticket that was not given, or is too old")
        return None
    if passport.tickets[CLEAR if kind == "SSO" else MESSENGER] != ticket:
        session.violation("the ticket of another service")
        return None
    if passport.user.key != fold(session.claimed):
        session.violation(f"the ticket of {passport.user.address} for {session.claimed}")
        return None
    return passport if kind == "TWN" or _responds(session, asked, passport) else None


def _responds(session: Session, asked: Command, passport: Passport) -> bool:
    if len(asked.args) < 5:
        session.violation("no response, though it is let in")
        return True
    problem = sso_problem(passport.secret, session.nonce, asked.arg(4))
    if problem:
        session.violation(f"the response: {problem}")
    return not problem


def _profile(session: Session, ticket: str) -> bytes:
    user = session.me
    high, low = int(user.id.hex[:8], 16), int(user.id.hex[-8:], 16)
    text = PROFILE.format(
        now=int(session.world.clock.now()), high=high, low=low, ticket=ticket.removeprefix("t=")
    )
    return b"MIME-Version: 1.0\r\nContent-Type: text/x-msmsgsprofile; charset=UTF-8\r\n" + (
        text.encode()
    )


# Logged in.


def challenge(session: Session) -> None:
    session.challenge = asked = session.world.make_challenge()
    session.send("CHL", "0", asked)

    def too_late() -> None:
        if session.challenge == asked and not session.closed:
            session.violation("no answer to CHL")
            leave(session)

    session.world.clock.later(CHALLENGE_SECONDS, too_late)


def answer(session: Session, asked: Command) -> None:
    """QRY n product, with the response as payload."""
    product = asked.arg(1)
    asked_for, session.challenge = session.challenge, ""
    wanted = challenge_response(asked_for, product) if product in PRODUCTS else ""
    if asked_for and asked.payload == wanted.encode():
        return session.send("QRY", asked.trid)
    session.violation(f"{asked} {asked.payload!r} to CHL {asked_for}")
    return session.refuse_and_close(asked, CHALLENGE_FAILED)


def privacy(session: Session, asked: Command) -> None:
    if asked.args[1:] not in (("AL",), ("BL",)):
        return session.violation(str(asked))
    session.me.blp = asked.arg(1)
    return session.send("BLP", asked.trid, session.me.blp)


def prop(session: Session, asked: Command) -> None:
    value = plain(asked.arg(2)) if len(asked.args) > 2 else ""
    session.send("PRP", asked.trid, asked.arg(1), quote(value))
    if asked.arg(1) == "MFN":
        session.me.name = value
        presence.refresh(session.world)


def personal_message(session: Session, asked: Command) -> None:
    payload = asked.payload or b""
    try:
        root = ElementTree.fromstring(payload)
    except ElementTree.ParseError as problem:
        return session.violation(f"UUX, {problem}: {payload!r}")
    session.me.data = payload
    session.me.psm = root.findtext("PSM") or ""
    session.send("UUX", asked.trid, "0")
    return presence.refresh(session.world)


def change_status(session: Session, asked: Command) -> None:
    """CHG n status capabilities object."""
    status = asked.arg(1)
    if status not in presence.STATUSES:
        session.violation(str(asked))
        return session.refuse(asked, INVALID)
    if len(asked.args) < 3:
        return session.violation(f"{asked}: no capabilities, so it is ignored")
    first = not session.status
    if first:
        _check_ready(session)
    session.status, session.capabilities = status, asked.arg(2)
    session.object = asked.args[3].replace("/", "%2F") if len(asked.args) > 3 else "0"
    shown = (session.object,) if len(asked.args) > 3 else ()
    session.send("CHG", asked.trid, status, session.capabilities, *shown)
    if first:
        presence.begin(session)
        if session.world.ways.challenge:
            challenge(session)
        presence.tell(session, asked.trid)
        oim.tell_waiting(session)
    return presence.refresh(session.world)


def _check_ready(session: Session) -> None:
    for needed in ("BLP", "ADL"):
        if needed not in session.said:
            session.violation(f"CHG before {needed}")
    if not session.played:
        lists.check_initial(session)


def transfer(session: Session, asked: Command) -> None:
    """XFR n SB."""
    if asked.args[1:] != ("SB",):
        return session.violation(str(asked))
    if not session.status:
        session.violation(f"{asked} before CHG")
        return session.refuse(asked, NOT_NOW)
    key = session.world.make_key(session.me, None)
    where = ("SB", session.world.sb_address, "CKI", key, "U", "messenger.msn.com")
    return session.send("XFR", asked.trid, *where, *session.network)


def ping(session: Session, asked: Command) -> None:
    session.send("QNG", "60")


def log_out(session: Session, asked: Command) -> None:
    leave(session)


def policies(session: Session, asked: Command) -> None:
    session.send("GCF", asked.trid, asked.arg(1), payload=SHIELDS)


def url(session: Session, asked: Command) -> None:
    session.send("URL", asked.trid, "/unused1", "/unused2", "1")


def disabled(session: Session, asked: Command) -> None:
    session.violation(f"{asked} in MSNP{session.dialect}")
    session.refuse(asked, DISABLED)


def system_message(session: Session, content_type: str, body: str) -> None:
    """MSG Hotmail Hotmail."""
    payload = message(f"{content_type}; charset=UTF-8", body)
    session.send("MSG", "Hotmail", "Hotmail", payload=payload)


WITHOUT_TRID = ("PNG", "OUT")

BEFORE: dict[str, dict[str, Handler]] = {
    "VER": {"VER": version},
    "CVR": {"CVR": client_version},
    "USR": {"USR": initiate},
    "TICKET": {"USR": authenticate},
}

LOGGED_IN: dict[str, Handler] = {
    "QRY": answer,
    "BLP": privacy,
    "ADL": lists.add,
    "RML": lists.remove,
    "FQY": lists.query,
    "PRP": prop,
    "UUX": personal_message,
    "CHG": change_status,
    "XFR": transfer,
    "GCF": policies,
    "URL": url,
    "SYN": disabled,
    "PNG": ping,
}

ALWAYS: dict[str, Handler] = {"OUT": log_out}
