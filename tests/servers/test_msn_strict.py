"""What the fake MSN server notes and refuses, what others do, and users that a test plays on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.servers.msn import (
    Acked,
    Answer,
    Came,
    Ended,
    Failed,
    Heard,
    Joined,
    Left,
    Listed,
    ManualClock,
    Msn,
    Nudged,
    Personal,
    Pictured,
    Typed,
    Unlisted,
    Went,
    msn,
)
from tests.servers.msn_keys import challenge_response, sso_response
from tests.servers.msn_oim import OIM, RSI
from tests.servers.msn_plain import SOAP, Line, Plain
from tests.servers.msn_wire import message

JULIET, ROMEO, PARIS = "juliet@msn.test", "romeo@msn.test", "paris@msn.test"
CLEAR, CONTACTS = "messengerclear.live.com", "contacts.msn.com"


@contextmanager
def server_of(**how: Any) -> Iterator[Msn]:
    """Juliet and Romeo list each other."""
    with msn(**how) as server:
        server.add_user(JULIET)
        server.befriend(JULIET, ROMEO)
        yield server


def noted(server: Msn, *parts: str) -> None:
    """Just these, by what is in them."""
    assert len(server.violations) == len(parts), server.violations
    for problem, part in zip(server.violations, parts, strict=True):
        assert part in problem


def domain(name: str, *contacts: str) -> str:
    return f'<d n="{name}">{"".join(contacts)}</d>'


def ml(*contacts: str) -> bytes:
    return f"<ml>{domain('msn.test', *contacts)}</ml>".encode()


def contact(name: str, lists: int) -> str:
    return f'<c n="{name}" l="{lists}" t="1"/>'


STYLE = ("X-MMS-IM-Format", "FN=Arial; EF=; CO=0; CS=0; PF=0")


def text(words: str = "Hi") -> bytes:
    return message("text/plain; charset=UTF-8", words, STYLE)


# The log-in.


def test_a_client_that_does_all_right() -> None:
    with server_of() as server:
        romeo = server.user(ROMEO)
        romeo.sign_on()
        juliet = Plain(server, JULIET).go_online()
        board = juliet.call(ROMEO)
        assert board.ask("MSG", "A", payload=text()).name == "ACK"
        assert romeo.wait(Heard).text == "Hi"
        assert ROMEO in juliet.find_all()[1]
        server.check()


def test_passwords() -> None:
    with server_of() as server:
        for name, password in ((JULIET, "wrong"), ("nobody@msn.test", "secret")):
            answer = Plain(server, name, password).fetch_tickets()
            assert "wsse:FailedAuthentication" in answer
        assert server.violations == []


Break = Callable[[Plain, str], tuple[str, ...]]


def wrong_ticket(juliet: Plain, nonce: str) -> tuple[str, ...]:
    return "t=x&p=", sso_response(juliet.secret, nonce)


def ticket_of_another_service(juliet: Plain, nonce: str) -> tuple[str, ...]:
    return juliet.tickets[CONTACTS], sso_response(juliet.secret, nonce)


def response_to_another_nonce(juliet: Plain, nonce: str) -> tuple[str, ...]:
    return juliet.tickets[CLEAR], sso_response(juliet.secret, nonce[::-1])


def response_with_another_secret(juliet: Plain, nonce: str) -> tuple[str, ...]:
    return juliet.tickets[CLEAR], sso_response(juliet.secret[::-1], nonce)


def no_response_at_all(juliet: Plain, nonce: str) -> tuple[str, ...]:
    return juliet.tickets[CLEAR], "x"


@pytest.mark.parametrize(
    "wrong",
    [
        wrong_ticket,
        ticket_of_another_service,
        response_to_another_nonce,
        response_with_another_secret,
        no_response_at_all,
    ],
)
def test_wrong_ticket_or_response(wrong: Break) -> None:
    with server_of() as server:
        juliet = Plain(server, JULIET)
        nonce = juliet.initiate()
        juliet.fetch_tickets()
        assert juliet.ns.ask("USR", "SSO", "S", *wrong(juliet, nonce)).name == "911"
        assert juliet.ns.is_over()
        assert len(server.violations) == 1


def test_tickets_grow_old() -> None:
    clock = ManualClock()
    with server_of(clock=clock, ticket_seconds=100.0) as server:
        juliet = Plain(server, JULIET).go_online()
        clock.advance(99)
        assert juliet.find_all()[0] == 200
        clock.advance(1)
        assert "PassportAuthFail" in juliet.find_all()[1]
        server.check()


def test_twn_belongs_to_older_dialects() -> None:
    with server_of() as server:
        for dialect, wrong in (("MSNP15", "TWN"), ("MSNP14", "SSO")):
            juliet = Plain(server, JULIET)
            juliet.hello(dialect)
            juliet.ns.send("USR", wrong, "I", JULIET)
            assert juliet.ns.is_over()
        noted(server, "USR 3 TWN", "USR 3 SSO")


def test_out_of_order() -> None:
    with server_of() as server:
        early = Plain(server, JULIET)
        early.ns.send("CHG", "NLN", "0", "0")
        early.ns.send("PNG")
        early.ns.ask("VER", "MSNP15", "CVR0")
        juliet = Plain(server, JULIET).log_in()
        assert juliet.ns.ask("XFR", "SB").name == "913"
        juliet.ns.ask("CHG", "NLN", "0", "0")
        noted(
            server,
            "CHG 1 NLN",
            "PNG in step VER",
            "XFR 5 SB before CHG",
            "CHG before BLP",
            "CHG before ADL",
            "ADL says",
        )


def test_framing() -> None:
    with server_of() as server:
        for sent, problem in (
            (b"VER 1 \xff\r\n", "not UTF-8"),
            (b"VER 1  MSNP15\r\n", "not a line"),
            (b"VER 1\nMSNP15\r\n", "not a line"),
            (b"ADL 1\r\n", "no length"),
            (b"x" * 70_000, "without an end"),
        ):
            line = Line(server.world.ns_address)
            line.sock.sendall(sent)
            assert line.is_over()
            assert problem in server.violations.pop()
        line = Line(server.world.ns_address)
        line.sock.sendall(b"VER x MSNP15 CVR0\r\nVE")
        line.sock.shutdown(1)
        assert line.is_over()
        noted(server, "TrID after 0", "in the middle of a command")


def test_logging_in_twice_ends_the_first() -> None:
    with server_of() as server:
        first = Plain(server, JULIET).go_online()
        Plain(server, JULIET).go_online()
        assert first.ns.expect("OUT").args == ("OTH",)
        assert first.ns.is_over()
        assert first.find_all()[0] == 403
        noted(server, "no session of juliet@msn.test with this ticket")


# Lists.


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (ml(contact("romeo", 8)), "241"),
        (ml(contact("romeo", 16)), "241"),
        (ml(contact("romeo", 6)), "241"),
        (ml(contact("romeo", 0)), "241"),
        (ml("<x/>"), "241"),
        (b"<ml><d", "241"),
        (b'<ml><d n="a.test"><c n="x" l="1" t="1"/></d><d n="b.test"/></ml>', "241"),
        (ml(), "240"),
    ],
)
@pytest.mark.parametrize("name", ["ADL", "RML"])
def test_lists_that_end_the_session(payload: bytes, code: str, name: str) -> None:
    with server_of() as server:
        juliet = Plain(server, JULIET).go_online()
        assert juliet.ns.ask(name, payload=payload).name == code
        assert juliet.ns.is_over()
        assert len(server.violations) == 1


def test_errors_with_a_payload_and_several_domains() -> None:
    with server_of(error_payloads=True, several_domains=True) as server:
        server.add_user("tybalt@other.test")
        juliet = Plain(server, JULIET).go_online()
        entry = contact("tybalt", 3)
        several = (
            ml(contact("romeo", 1))[:-5] + b'<d n="other.test">' + entry.encode() + b"</d></ml>"
        )
        assert juliet.ns.ask("ADL", payload=several).args[1:] == ("OK",)
        answer = juliet.ns.ask("ADL", payload=ml())
        assert (answer.name, answer.payload) == ("240", ml())
        assert juliet.ns.is_over()


def test_lists_that_are_refused() -> None:
    with server_of() as server:
        juliet = Plain(server, JULIET).go_online()
        assert juliet.ns.ask("ADL", payload=ml(contact("nobody", 1))).name == "208"
        sip = ml('<c n="romeo" l="1" t="2"/>')
        assert juliet.ns.ask("ADL", payload=sip).name == "204"
        assert juliet.ns.ask("CHG", "FLN", "0", "0").name == "201"
        noted(server, "nobody is nobody", "network of", "CHG")


def test_what_the_first_adl_leaves_out() -> None:
    with server_of() as server:
        juliet = Plain(server, JULIET).log_in()
        juliet.ns.ask("BLP", "AL")
        juliet.ns.ask("ADL", payload=b'<ml l="1"></ml>')
        juliet.ns.ask("CHG", "NLN", "0", "0")
        noted(server, "ADL says")


def test_lists_stored_by_soap_alone_must_be_told_and_the_other_way_round() -> None:
    with server_of(adl_stores=False) as server:
        server.add_user(PARIS)
        juliet = Plain(server, JULIET).go_online()
        juliet.ns.ask("ADL", payload=ml(contact("paris", 3)))
        assert server.violations == []
        with pytest.raises(AssertionError, match="paris"):
            server.check()
        info = f"<contacts><Contact><contactInfo><passportName>{PARIS}</passportName>"
        add = f"{info}</contactInfo></Contact></contacts>"
        assert juliet.soap("abservice", "ABContactAdd", add)[0] == 200
        server.check()


def test_personal_messages_need_not_be_xml() -> None:
    with server_of() as server:
        juliet, romeo = Plain(server, JULIET).go_online(), server.user(ROMEO)
        romeo.sign_on()
        romeo.personal("<3 & more")
        assert b"<PSM><3 &#x26; more</PSM>" in (juliet.ns.expect("UBX").payload or b"")
        server.ways.proper_ubx = True
        romeo.personal("<3 & less")
        assert b"<PSM>&lt;3 &amp; less</PSM>" in (juliet.ns.expect("UBX").payload or b"")
        juliet.ns.send("UUX", payload=b"<Data><PSM><3</PSM></Data>")
        juliet.ns.send("PNG")
        juliet.ns.expect("QNG")
        noted(server, "UUX")


# Switchboards.


def test_keys_are_good_once_and_not_for_long() -> None:
    clock = ManualClock()
    with server_of(clock=clock) as server:
        juliet = Plain(server, JULIET).go_online()
        key = juliet.ns.ask("XFR", "SB").args[4]
        assert Line(server.world.sb_address).ask("USR", JULIET, key).args[1] == "OK"
        assert Line(server.world.sb_address).ask("USR", JULIET, key).name == "911"
        late = juliet.ns.ask("XFR", "SB").args[4]
        clock.advance(120)
        assert Line(server.world.sb_address).ask("USR", JULIET, late).name == "911"
        foreign = juliet.ns.ask("XFR", "SB").args[4]
        assert Line(server.world.sb_address).ask("USR", ROMEO, foreign).name == "911"
        noted(server, "used", "too old", "the key of juliet")


def test_who_is_called_must_come_soon_and_to_the_right_one() -> None:
    clock = ManualClock()
    with server_of(clock=clock) as server:
        juliet = Plain(server, JULIET).go_online()
        romeo = Plain(server, ROMEO).go_online()
        board = juliet.open_board()
        board.ask("CAL", ROMEO)
        ringing = romeo.ns.expect("RNG")
        assert Line(ringing.args[1]).ask("ANS", ROMEO, ringing.args[3], "f00").name == "911"
        board.ask("CAL", ROMEO)
        ringing = romeo.ns.expect("RNG")
        silent = Line(ringing.args[1])
        server.wait_until(lambda: len(server.world.links) == 4, "the silent one")
        clock.advance(60)
        assert silent.is_over()
        assert board.ask("CAL", PARIS).name == "217"
        noted(server, "another switchboard", "neither USR nor ANS")


def test_messages_that_are_refused() -> None:
    with server_of() as server:
        romeo = server.user(ROMEO)
        romeo.sign_on()
        juliet = Plain(server, JULIET).go_online()
        board = juliet.open_board()
        board.send("MSG", "N", payload=text())
        board.ask("CAL", ROMEO)
        board.expect("JOI")
        for payload, want in (
            (message("text/plain", "Hi", STYLE), "N"),
            (message("text/plain; charset=UTF-8", "Hi"), "N"),
            (message("text/plain; charset=UTF-8", b"\xff", STYLE), "N"),
            (message("text/html", "Hi"), "N"),
            (message("text/x-msmsgscontrol", "\r\n", ("TypingUser", ROMEO)), "U"),
            (text(), "X"),
            (text(), "D"),
        ):
            board.send("MSG", want, payload=payload)
        board.ask("MSG", "A", payload=text())
        noted(
            server,
            "before the first JOI",
            "parameters",
            "X-MMS-IM-Format",
            "not UTF-8",
            "content type 'text/html'",
            "typing of",
            "content type 'text/plain'",
            "text/plain with D",
        )


@pytest.mark.parametrize(
    ("payload", "want"),
    [(text("x" * 1700), "A"), (message("application/x-msnmsgrp2p", b"x"), "A")],
)
def test_messages_that_end_the_switchboard(payload: bytes, want: str) -> None:
    with server_of() as server:
        romeo = server.user(ROMEO)
        romeo.sign_on()
        board = Plain(server, JULIET).go_online().call(ROMEO)
        board.send("MSG", want, payload=payload)
        assert board.is_over()
        assert romeo.wait(Left).who == JULIET
        assert len(server.violations) == 1


def test_nak() -> None:
    with server_of(naks=True) as server:
        server.user(ROMEO).sign_on()
        board = Plain(server, JULIET).go_online().call(ROMEO)
        for want in ("A", "N"):
            assert board.ask("MSG", want, payload=text()).name == "NAK"
        server.check()


# Challenges.


def test_challenge() -> None:
    clock = ManualClock()
    with server_of(clock=clock, challenge=True) as server:
        juliet, romeo = Plain(server, JULIET).go_online(), Plain(server, ROMEO).go_online()
        challenge = juliet.ns.expect("CHL").args[1]
        product = "PROD0119GSJUC$18"
        answer = challenge_response(challenge, product).encode()
        assert juliet.ns.ask("QRY", product, payload=answer).name == "QRY"
        server.check()
        assert juliet.ns.ask("QRY", product, payload=answer).name == "540"
        assert juliet.ns.is_over()
        clock.advance(50)
        assert romeo.ns.is_over()
        noted(server, "QRY", "no answer to CHL")


# HTTP.


def test_services_want_the_right_ticket_and_a_session() -> None:
    with server_of() as server:
        juliet = Plain(server, JULIET)
        nonce = juliet.initiate()
        juliet.fetch_tickets()
        assert juliet.find_all()[0] == 403
        juliet.authenticate(nonce)
        assert juliet.find_all()[0] == 200
        assert juliet.find_all("t=x&p=")[0] == 403
        assert juliet.find_all(juliet.tickets["storage.msn.com"])[0] == 403
        juliet.fetch_tickets()
        assert juliet.find_all()[0] == 403
        server.ways.tied = False
        assert juliet.find_all()[0] == 200
        noted(server, "no session", "not given", "not for contacts", "with this ticket")


def test_requests_that_are_none() -> None:
    with server_of() as server:
        juliet = Plain(server, JULIET).log_in()
        path = "/abservice/abservice.asmx"
        assert juliet.post("/nowhere", "<x/>")[0] == 404
        assert (
            juliet.post(path, "<x", "http://www.msn.com/webservices/AddressBook/ABFindAll")[0]
            == 500
        )
        assert juliet.post(path, "<x/>", "ABFindAll")[0] == 500
        assert juliet.post(path, "<x/>", kind="text/plain")[0] == 500
        assert "Forbidden" in juliet.soap("abservice", "FindMembership", "")[1]
        noted(server, "nothing is at", "not XML", "SOAPAction", "Content-Type", "no such operation")


def test_address_book_in_pages_and_made_first() -> None:
    with server_of(page_size=2) as server:
        server.add_contacts(JULIET, PARIS, "tybalt@msn.test", "mercutio@msn.test")
        server.account(JULIET).has_book = False
        juliet = Plain(server, JULIET).log_in()
        assert "ABDoesNotExist" in juliet.find_all()[1]
        assert juliet.soap("abservice", "ABAdd", "")[0] == 200
        names, cursor = [], ""
        for _ in range(3):
            page = f"<pageContext><PageSize>1500</PageSize>{cursor}</pageContext>"
            body = f"<filterOptions><DeltasOnly>false</DeltasOnly></filterOptions>{page}"
            answer = juliet.soap("abservice", "ABFindContactsPaged", body)[1]
            names += re.findall("<passportName>([^@]*)", answer)
            cursor = "".join(re.findall("<Cursor>.*</Cursor>", answer))
        assert names == ["romeo", "paris", "tybalt", "mercutio", "juliet"]
        assert cursor == ""
        server.check()


def test_faults_and_redirects() -> None:
    with server_of(fault_status=200, redirect=True) as server:
        juliet = Plain(server, JULIET)
        answer = juliet.fetch_tickets()
        assert "psf:Redirect" in answer
        assert f"{server.url}/pp550/RST.srf</psf:redirectUrl>" in answer
        nonce = juliet.initiate()
        juliet.fetch_tickets("/pp550/RST.srf")
        juliet.authenticate(nonce)
        status, fault = juliet.soap("abservice", "ABContactDelete", unknown_contact())
        assert status == 200
        assert "ContactDoesNotExist" in fault
        server.answer_next("ABFindAll", Answer(200, b"<soap:Env"))
        assert juliet.find_all() == (200, "<soap:Env")
        assert juliet.find_all()[1].startswith("<?xml")
        server.check()


def unknown_contact() -> str:
    return "<contacts><Contact><contactId>x</contactId></Contact></contacts>"


def test_dispatch() -> None:
    with server_of(dispatch=True) as server:
        juliet = Plain(server, JULIET)
        juliet.hello()
        answer = juliet.ns.ask("USR", "SSO", "I", JULIET)
        assert answer.args[1:3] == ("NS", server.world.ns_address)
        assert juliet.ns.is_over()
        juliet.ns = Line(server.world.ns_address)
        juliet.log_in()
        server.check()


# Offline messages.


def store(juliet: Plain, to: str, lockkey: str, number: int = 1, shown: int = 1) -> tuple[int, str]:
    ticket = juliet.tickets["messengersecure.live.com"].replace("&", "&amp;")
    header = (
        f'<From memberName="{JULIET}" friendlyName="=?utf-8?B?SnVsaWV0?=" xml:lang="en" '
        f'proxy="MSNMSGR" msnpVer="MSNP15" buildVer="8.5"/><To memberName="{to}"/>'
        f'<Ticket passport="{ticket}" appid="PROD0119GSJUC$18" lockkey="{lockkey}"/>'
        "<Sequence><Identifier>http://messenger.msn.com</Identifier>"
        f"<MessageNumber>{number}</MessageNumber></Sequence>"
    )
    content = (
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
        "Content-Transfer-Encoding: base64\r\nX-OIM-Message-Type: OfflineMessage\r\n"
        "X-OIM-Run-Id: {96875A4C-8C87-46B4-B474-050C86CB95ED}\r\n"
        f"X-OIM-Sequence-Num: {shown}\r\n\r\nSGk="
    )
    body = f"<MessageType>text</MessageType><Content>{content}</Content>"
    return juliet.post("/OimWS/oim.asmx", SOAP.format(header=header, body=body), f"{OIM}Store2")


def test_offline_messages_want_a_lockkey() -> None:
    with server_of() as server:
        juliet = Plain(server, JULIET).go_online()
        status, fault = store(juliet, ROMEO, "")
        assert status == 500
        challenge = "".join(re.findall("<LockKeyChallenge[^>]*>([^<]*)", fault))
        lockkey = challenge_response(challenge, "PROD0119GSJUC$18")
        assert store(juliet, ROMEO, lockkey)[0] == 200
        assert "SystemUnavailable" in store(juliet, "nobody@msn.test", lockkey)[1]
        server.check()
        assert store(juliet, ROMEO, lockkey, number=2)[0] == 500
        assert "AuthenticationFailed" in store(juliet, ROMEO, "wrong")[1]
        noted(server, "x-oim-sequence-num", "lockkey")
        assert len(server.account(ROMEO).letters) == 1


def fetch(juliet: Plain, name: str, body: str = "") -> str:
    t, _, p = juliet.tickets["messenger.msn.com"].removeprefix("t=").partition("&p=")
    header = f'<PassportCookie xmlns="{RSI}"><t>{t}</t><p>{p}</p></PassportCookie>'
    inside = f'<{name} xmlns="{RSI}">{body}</{name}>'
    text = SOAP.format(header=header, body=inside)
    return juliet.post("/rsi/rsi.asmx", text, f"{RSI}/{name}")[1]


def test_offline_messages_wait_until_they_are_deleted() -> None:
    with server_of(metadata_escapes=2) as server:
        romeo = server.user(ROMEO)
        romeo.write(JULIET, "Later", "{96875A4C-8C87-46B4-B474-050C86CB95ED}", 1)
        juliet = Plain(server, JULIET).go_online()
        (id,) = server.account(JULIET).letters
        assert "&amp;lt;MD&amp;gt;" in fetch(juliet, "GetMetadata")
        wanted = f"<messageId>{id}</messageId><alsoMarkAsRead>false</alsoMarkAsRead>"
        assert "TGF0ZXI=" in fetch(juliet, "GetMessage", wanted)
        ids = f"<messageIds><messageId>{id}</messageId></messageIds>"
        assert "Fault" not in fetch(juliet, "DeleteMessages", ids)
        assert "Fault" in fetch(juliet, "DeleteMessages", ids)
        server.check()


# The server ends it.


def test_ends() -> None:
    with server_of() as server:
        juliet = Plain(server, JULIET).go_online()
        server.go_down()
        assert juliet.ns.expect("OUT").args == ("SSD",)
        juliet = Plain(server, JULIET).go_online()
        server.displace(JULIET)
        assert juliet.ns.expect("OUT").args == ("OTH",)
        juliet = Plain(server, JULIET).go_online()
        server.send_raw(JULIET, b"NLN NLN ")
        server.drop(JULIET)
        assert juliet.ns.is_over()
        assert juliet.ns.buffer.waiting == b"NLN NLN "
        juliet = Plain(server, JULIET).go_online()
        server.ways.silent = True
        juliet.ns.send("PNG")
        server.wait_sent("PNG", JULIET)
        assert juliet.ns.commands == []


# Users that a test plays.


def test_two_players() -> None:
    with server_of() as server:
        juliet, romeo = server.user(JULIET), server.user(ROMEO)
        juliet.sign_on()
        romeo.sign_on("BSY")
        assert juliet.wait(Came, who=ROMEO).status == "BSY"
        romeo.rename("Romeo & co")
        assert juliet.wait(Came).name == "Romeo & co"
        romeo.personal("in love & <3", "\\0Music\\01")
        told = juliet.wait(Personal)
        assert (told.psm, told.media) == ("in love & <3", "\\0Music\\01")
        juliet.type(ROMEO)
        juliet.say(ROMEO, "Hi")
        juliet.nudge(ROMEO)
        assert romeo.wait(Typed).sender == JULIET
        assert romeo.wait(Heard).text == "Hi"
        assert romeo.wait(Nudged).sender == JULIET
        juliet.wait(Acked)
        romeo.block(JULIET)
        assert juliet.wait(Went).who == ROMEO
        romeo.unblock(JULIET)
        juliet.wait(Came, who=ROMEO)
        juliet.sign_off()
        assert romeo.wait(Left).who == JULIET
        assert romeo.wait(Went).who == JULIET
        server.check()


def test_three_players_and_requests() -> None:
    with server_of() as server:
        juliet, romeo, paris = (server.user(name) for name in (JULIET, ROMEO, PARIS))
        for person in (juliet, romeo, paris):
            person.sign_on()
        paris.add(JULIET)
        assert juliet.wait(Listed).who == PARIS
        juliet.accept(PARIS)
        assert paris.wait(Came).who == JULIET
        talk = juliet.talk(ROMEO)
        talk.call(PARIS)
        assert romeo.wait(Joined, who=PARIS).board == talk.board.id
        romeo.talk_on(talk.board.id).say("All of you")
        assert paris.wait(Heard).text == juliet.wait(Heard).text == "All of you"
        paris.talks[0].leave()
        assert juliet.wait(Left).who == PARIS
        paris.remove(JULIET)
        assert juliet.wait(Unlisted).who == PARIS
        juliet.talk("nobody@msn.test")
        assert juliet.wait(Failed).code == 217
        juliet.sign_on()
        assert juliet.wait(Ended).why == "OTH"


def test_pictures() -> None:
    picture = bytes(range(256)) * 20
    with server_of() as server:
        juliet, romeo = server.user(JULIET), server.user(ROMEO)
        romeo.picture = picture
        juliet.sign_on()
        romeo.sign_on()
        described = juliet.wait(Came, who=ROMEO).object
        juliet.fetch_picture(ROMEO, described)
        assert juliet.wait(Pictured).picture == picture
        server.check()
