"""Getting in, being sent elsewhere, staying, and leaving."""

from collections.abc import Callable

import pytest

from gateway.commands import AddContact, Block, Logout, SendMessage, SetInvisible, SetPresence
from gateway.errors import Reason
from gateway.events import Offline, Show
from gateway.fsm import MAIN, Connected, Fetch, HangUp, Lost, Stop, Timer, Tls
from gateway.ids import ChatId, PersonId, Token
from networks.msn.challenge import PRODUCTS, answer
from networks.msn.fsm import MsnFsm
from networks.msn.login import LOGIN_SECONDS
from networks.msn.news import Buddy, Denied, Ended, Listed, Requested, Welcomed
from networks.msn.services import EXPIRED, MAX_REDIRECTS, SHORTEST_LIFE, UNENCRYPTED
from networks.msn.settings import MsnSettings
from tests.networks.msn.play import (
    BOB,
    ME,
    NONCE_LINE,
    TICKETS,
    Answer,
    MsnPlaybook,
    asked,
    authorizing,
    book,
    connected,
    contact,
    dial,
    fault,
    group,
    how,
    listing,
    members,
    online,
    recorded,
    signing_on,
    soap,
)

CLIENT = "0x0409 winnt 5.1 i386 MSNMSGR 8.5.1302 msmsgs"


def test_from_the_socket_to_online() -> None:
    play = (
        MsnPlaybook(MsnFsm(how()))
        << dial("msn.verona.lit")
        >> Connected()
        << "VER 1 MSNP15 CVR0"
        >> "VER 1 MSNP15"
        << f"CVR 2 {CLIENT} {ME}"
        >> "CVR 2 8.5.1302 8.5.1302 8.5.1302 https://x https://x"
        << f"USR 3 SSO I {ME}"
        >> "GCF 0\n<Policies/>"
        >> f"USR 3 SSO S {NONCE_LINE}"
        << asked("RST", "<wsse:Password>wherefore<", 'URI="MBI_KEY_OLD"')
        >> TICKETS
    )
    fetch = play.fetches[0]
    where = fetch.host, fetch.port, fetch.path, fetch.tls
    assert where == ("msn.verona.lit", 443, "/RST.srf", Tls())
    [usr] = play.done
    assert usr.frame.args[:3] == ("4", "SSO", "S")
    assert usr.frame.args[3].startswith("t=")
    assert len(usr.frame.args[4]) == 172
    (
        play.skip()
        >> f"USR 4 OK {ME} 1 0"
        << asked("FindMembership", "<TicketToken>t=")
        >> members(Allow=(BOB,), Block=("eve@example.com",), Pending=("carol@example.com",))
        << asked("ABFindContactsPaged")
        >> book(contact(BOB, nick="Bobby", groups=("g1",)), groups=(group("g1", "Friends"),))
        << "BLP 5 AL"
        << 'ADL 6\n<ml l="1"><d n="example.com"><c n="bob" l="3" t="1"/>'
        '<c n="eve" l="4" t="1"/></d></ml>'
        << f"PRP 7 MFN {ME.replace('@', '%40')}"
        << "UUX 8\n<Data><PSM></PSM><CurrentMedia></CurrentMedia></Data>"
        << "CHG 9 NLN 268435488 0"
        << Welcomed(ME)
        << Listed((Buddy(BOB, "Bobby", ("Friends",)),))
        << Requested("carol@example.com", "")
    ).end()


@pytest.mark.parametrize("protocol", ["MSNP13", "MSNP14"])
def test_twn(protocol: str) -> None:
    settings = MsnSettings(server="msn.verona.lit", protocol=protocol)
    play = (
        connected(settings=settings)
        >> f"VER 1 {protocol}"
        << f"CVR 2 {CLIENT} {ME}"
        >> "CVR 2 1 1 1 x x"
        << f"USR 3 TWN I {ME}"
        >> "USR 3 TWN S ct=1,rver=1,wp=FS_40SEC_0_COMPACT,lc=1,id=1"
        << asked("RST", "?ct=1&amp;rver=1&amp;wp=FS_40SEC_0_COMPACT")
        >> TICKETS
    )
    [usr] = play.done
    assert usr.frame.args[:3] == ("4", "TWN", "S")
    assert usr.frame.args[3].startswith("t=")
    assert len(usr.frame.args) == 4


def test_name_of_the_book_and_of_the_form() -> None:
    play = listing(nick="Alice é <A>") >> members() << asked("ABFindContactsPaged")
    play = play >> book(name="Old")
    [prp] = [e for e in play.done if getattr(getattr(e, "frame", None), "verb", "") == "PRP"]
    assert prp.frame.args == ("7", "MFN", "Alice%20%C3%A9%20%3CA%3E")
    assert play.fetches[-1].name == "ABContactUpdate"
    assert b"Alice" in play.fetches[-1].body
    play = listing() >> members() << asked("ABFindContactsPaged") >> book(name="Old")
    assert play.fetches[-1].name == "ABFindContactsPaged"
    assert play.fsm.msn.own.name == "Old"


# Elsewhere.


def test_redirected_to_another_server() -> None:
    (
        connected()
        >> "VER 1 MSNP15"
        << f"CVR 2 {CLIENT} {ME}"
        >> "CVR 2 1 1 1 x x"
        << f"USR 3 SSO I {ME}"
        >> "XFR 3 NS 10.0.0.7:1864 U D"
        << HangUp(MAIN)
        >> Lost("closed by us")
        << dial("10.0.0.7", 1864)
        >> Connected()
        << "VER 1 MSNP15 CVR0"
    ).end()


def test_redirected_in_circles() -> None:
    play = connected()
    for _ in range(3):
        play = (play >> "XFR 3 NS msn.verona.lit:1863 U D").skip() >> Lost("closed by us")
        play = (play.skip() >> Connected()).skip()
    play = play >> "XFR 3 NS msn.verona.lit:1863 U D"
    assert [ended.why for ended in play.told(Ended)] == [Offline.NETWORK]


@pytest.mark.parametrize("where", ["", ":1863", "x:y", "host:0", "host:65536", "a b"])
def test_redirected_to_nowhere(where: str) -> None:
    play = connected() >> f"XFR 3 NS {where.replace(' ', '%20')} U D"
    assert [ended.why for ended in play.told(Ended)] == [Offline.NETWORK]


def redirect(where: str) -> Answer:
    return soap(
        '<s:Fault xmlns:psf="http://schemas.microsoft.com/Passport/SoapServices/SOAPFault">'
        f"<faultcode>psf:Redirect</faultcode><psf:redirectUrl>{where}</psf:redirectUrl></s:Fault>"
    )


def test_tickets_of_another_host() -> None:
    play = authorizing() >> redirect("https://msnia.login.verona.lit/pp550/RST.srf")
    [fetch] = play.done
    assert isinstance(fetch, Fetch)
    assert (fetch.host, fetch.port, fetch.path) == (
        "msnia.login.verona.lit",
        443,
        "/pp550/RST.srf",
    )
    play = play.skip() >> TICKETS
    assert play.done[0].frame.verb == "USR"


def test_passwords_are_not_sent_unencrypted() -> None:
    play = authorizing() >> redirect("http://msnia.login.verona.lit/RST.srf")
    (play << Ended(Offline.NETWORK, UNENCRYPTED) << Stop()).end()


def test_tickets_in_circles() -> None:
    play = authorizing()
    for _ in range(MAX_REDIRECTS):
        assert not play.told(Ended)
        play = play.skip() >> redirect("https://login.verona.lit/RST.srf")
    assert [ended.why for ended in play.told(Ended)] == [Offline.NETWORK]


# Refused.


def test_wrong_password() -> None:
    play = authorizing() >> recorded("errors", "/RST.srf")
    (
        play << Ended(Offline.BAD_CREDENTIALS, "The address or the password is wrong.") << Stop()
    ).end()


@pytest.mark.parametrize("answer", [Answer(b"<html>"), Answer(b"", 502), Answer(b"", failure="x")])
def test_no_tickets(answer: Answer) -> None:
    play = authorizing() >> answer
    assert [ended.why for ended in play.told(Ended)] == [Offline.NETWORK]


def test_no_account() -> None:
    play = connected() >> "911 3"
    assert [ended.why for ended in play.told(Ended)] == [Offline.BAD_CREDENTIALS]


def test_ticket_that_is_not_taken() -> None:
    """The password has just been."""
    play = signing_on() >> "911 4"
    assert [ended.why for ended in play.told(Ended)] == [Offline.NETWORK]


def test_server_is_busy() -> None:
    play = connected() >> "600 1"
    (play << Ended(Offline.NETWORK, "The server is too busy. (error 600)") << Stop()).end()


def test_server_without_our_dialect() -> None:
    play = connected() >> "VER 1 0"
    (play << Ended(Offline.NETWORK, "The server does not speak MSNP15.") << Stop()).end()


def test_lists_that_cannot_be_had() -> None:
    play = listing() >> Answer(b"", failure="no answer in 60 s")
    (play << Ended(Offline.NETWORK, "no answer in 60 s") << Stop()).end()


def test_server_that_says_nothing() -> None:
    play = connected() >> Timer("login")
    detail = f"The server did not let us in within {LOGIN_SECONDS:.0f} seconds."
    (play << Ended(Offline.NETWORK, detail) << Stop()).end()


def test_our_address_as_our_user_spells_it() -> None:
    play = connected(address="Alice@Example.com") >> "VER 1 MSNP15"
    play = play << "CVR 2 0x0409 winnt 5.1 i386 MSNMSGR 8.5.1302 msmsgs Alice@Example.com"
    play = play >> "CVR 2 8.5.1302 8.5.1302 8.5.1302 http://x http://x"
    play = play << "USR 3 SSO I Alice@Example.com" >> f"USR 3 SSO S {NONCE_LINE}"
    (play << asked("RST", "Alice@Example.com")).end()


@pytest.mark.parametrize(
    ("said", "ours"), [("Alice@Example.com", "Alice@Example.com"), ("bob@example.com", ME)]
)
def test_our_address_as_the_server_spells_it(said: str, ours: str) -> None:
    play = signing_on() >> f"USR 4 OK {said} 1 0"
    assert play.fsm.msn.address == ours
    assert play.fsm.msn.me == ME


# As our user wants to be seen from the first moment on.


def test_presence_that_is_known_before() -> None:
    play = listing()
    play = play >> SetPresence(show=Show.DND, status="at work") >> members()
    play = play << asked("ABFindContactsPaged") >> book()
    frames = [effect.frame for effect in play.done if hasattr(effect, "frame")]
    assert [frame.args for frame in frames if frame.verb == "CHG"] == [
        ("9", "BSY", "268435488", "0")
    ]
    assert b"<PSM>at work</PSM>" in next(f.payload for f in frames if f.verb == "UUX")


def test_invisible_from_the_beginning() -> None:
    play = listing(is_invisible=True) >> members() << asked("ABFindContactsPaged") >> book()
    assert [
        e.frame.args[1] for e in play.done if hasattr(e, "frame") and e.frame.verb == "CHG"
    ] == ["HDN"]
    (play.skip() >> SetInvisible(is_invisible=False) << "CHG 10 NLN 268435488 0").end()


# Staying.


def test_challenge() -> None:
    challenge = "22210219642164014968"
    right = answer(challenge, PRODUCTS["MSNP15"])
    play = online() >> f"CHL 0 {challenge}" << f"QRY 10 PROD0119GSJUC$18\n{right}" >> "QRY 10"
    play.end()


def test_signs_of_life() -> None:
    (
        online()
        >> Timer("ping")
        << "PNG"
        >> "QNG 60"
        >> Timer("ping")
        << "PNG"
        >> Timer("ping")
        << Ended(Offline.NETWORK, "Nothing came from the server for 120 seconds.")
        << Stop()
    ).end()


@pytest.mark.parametrize("begin", [connected, authorizing, signing_on])
def test_signs_of_life_are_not_asked_for_too_early(begin: Callable[[], MsnPlaybook]) -> None:
    (begin() >> Timer("ping") >> Timer("ping") >> Timer("ping")).end()


def test_signs_of_life_while_lists_are_fetched() -> None:
    (listing() >> Timer("ping") << "PNG").end()


def test_tickets_are_renewed() -> None:
    play = online()
    assert play.wakes["tickets"] == 86400 * 0.9
    before = dict(play.fsm.msn.tickets)
    (play >> Timer("tickets") << asked("RST") >> TICKETS).end()
    assert play.fsm.msn.former_tickets == before
    assert play.wakes["tickets"] == 86400 * 0.9


def test_tickets_that_cannot_be_renewed() -> None:
    play = online() >> Timer("tickets") << asked("RST") >> Answer(b"", 503)
    play.end()
    assert play.wakes["tickets"] == SHORTEST_LIFE


def test_tickets_that_are_taken_no_more() -> None:
    """One request finds out; it is made again."""
    play = online() >> AddContact(person=PersonId("dave@example.com"))
    (
        play
        << asked("ABContactAdd")
        >> fault("PassportAuthFail")
        << asked("RST")
        >> TICKETS
        << asked("ABContactAdd")
        >> fault("PassportAuthFail")
    )
    assert [type(news.news).__name__ for news in play.done] == ["Declined"]


def test_new_tickets_that_are_worse() -> None:
    """Servers that tie them to the log-in."""
    play = online() >> Timer("tickets") << asked("RST") >> TICKETS
    play = play >> AddContact(person=PersonId("dave@example.com"))
    (play << asked("ABContactAdd") >> Answer(b"no", 403) << asked("ABContactAdd")).end()
    assert not play.fsm.msn.former_tickets


def test_tickets_that_only_a_log_in_renews() -> None:
    """The same servers, a day later."""
    play = online() >> Timer("tickets") << asked("RST") >> TICKETS
    play = play >> Block(person=PersonId("dave@example.com"), is_blocked=True, token=Token("1"))
    (
        play
        << asked("AddMember")
        >> Answer(b"no", 403)
        << asked("AddMember")
        >> Answer(b"no", 403)
        << Denied(Token("1"), Reason.TIMEOUT, EXPIRED)
        << Ended(Offline.NETWORK, EXPIRED)
        << Stop()
    ).end()


# Leaving.


def test_logout() -> None:
    (online() >> Logout() << "OUT" << Ended(Offline.ASKED, "") << Stop()).end()


def test_logout_before_anything() -> None:
    (
        MsnPlaybook(MsnFsm(how()))
        << dial("msn.verona.lit")
        >> Logout()
        << Ended(Offline.ASKED, "")
        << Stop()
    ).end()


@pytest.mark.parametrize(
    ("line", "why"),
    [("OUT OTH", Offline.REPLACED), ("OUT SSD", Offline.NETWORK), ("OUT", Offline.NETWORK)],
)
def test_signed_out(line: str, why: Offline) -> None:
    play = online() >> line
    assert [ended.why for ended in play.told(Ended)] == [why]
    assert play.done[-1] == Stop()


def test_lost() -> None:
    (online() >> Lost("reset") << Ended(Offline.NETWORK, "reset") << Stop()).end()


def test_who_waits_is_told() -> None:
    send = SendMessage(chat=ChatId(BOB), body="Hi", token=Token("1"))
    (
        connected()
        >> send
        >> Lost("reset")
        << Denied(Token("1"), Reason.TIMEOUT, "reset")
        << Ended(Offline.NETWORK, "reset")
        << Stop()
    ).end()
