"""Messages on AIM and ICQ."""

from collections.abc import Callable

import pytest

from gateway.trial.people import Stanza
from tests.endtoend.book_rig import converse
from tests.endtoend.client import Client
from tests.endtoend.oscar_rig import AIM, ICQ, ISD, QUICK, OscarStage
from tests.servers.oscar import Heard, Typed
from tests.servers.oscar_users import ident

CHAT_STATES = "http://jabber.org/protocol/chatstates"
RECEIPTS = "urn:xmpp:receipts"
DELAY = "urn:xmpp:delay"
XHTML_IM = "{http://jabber.org/protocol/xhtml-im}html/{http://www.w3.org/1999/xhtml}body"

NETWORKS = pytest.mark.parametrize("transport", [AIM, ICQ, ISD])


@NETWORKS
def test_text_arrives_as_it_is(verona: OscarStage, transport: str) -> None:
    """Between two users of ours, both ways."""
    juliet, romeo = verona.member(transport), verona.member(transport, "romeo")
    converse(juliet, romeo)


def test_styling(verona: OscarStage) -> None:
    juliet, romeo = verona.member(AIM), verona.person(AIM)
    contact = f"{romeo.name}@{AIM}"
    juliet.client.say(contact, "it is *bold* & _slanted_")
    heard = romeo.wait(Heard).text
    assert "<b>bold</b> &amp; <i>slanted</i>" in heard.replace("B>", "b>").replace("I>", "i>")
    romeo.say(
        juliet.name,
        '<HTML><BODY BGCOLOR="#ffffff"><FONT COLOR="#ff0000">red</FONT> '
        "<B>bold</B> &lt;tag&gt;<BR>next</BODY></HTML>",
    )
    got = juliet.client.hears(contact, "red *bold* <tag>\nnext")
    xhtml = got.xml.find(XHTML_IM)
    assert xhtml is not None
    assert "".join(xhtml.itertext()).startswith("red bold <tag>")


def test_automatic_answers_are_marked(verona: OscarStage) -> None:
    juliet, romeo = verona.member(AIM), verona.person(AIM)
    romeo.say(juliet.name, "I am gone", auto=True)
    juliet.client.hears(f"{romeo.name}@{AIM}", "(automatic answer) I am gone")


def is_receipt(user: Client, id: str) -> None:
    user.expect("a receipt", lambda s: s.has(f"{{{RECEIPTS}}}received", id=id))


@NETWORKS
def test_receipts(verona: OscarStage, transport: str) -> None:
    juliet, romeo = verona.member(transport), verona.person(transport)
    contact = f"{romeo.name}@{transport}"
    id = juliet.client.say(contact, "Got it?", extra=f"<request xmlns='{RECEIPTS}'/>")
    is_receipt(juliet.client, id)
    assert romeo.wait(Heard).sender == juliet.name


def test_nobody_of_that_name(verona: OscarStage) -> None:
    user = verona.member(AIM).client
    id = user.say(f"nobody@{AIM}", "Hi", extra=f"<request xmlns='{RECEIPTS}'/>")
    error = user.sees_error(f"nobody@{AIM}", "recipient-unavailable")
    assert error.xml.get("id") == id
    user.fence(AIM)
    user.inbox.refuse(lambda s: s.has(f"{{{RECEIPTS}}}received"), "a receipt")


def tells(state: str) -> Callable[[Stanza], bool]:
    return lambda stanza: stanza.has(f"{{{CHAT_STATES}}}{state}")


def chat_state(user: Client, contact: str, state: str) -> None:
    user.send(f"<message to='{contact}' type='chat'><{state} xmlns='{CHAT_STATES}'/></message>")


@NETWORKS
def test_typing(verona: OscarStage, transport: str) -> None:
    juliet, romeo = verona.member(transport), verona.person(transport)
    contact = f"{romeo.name}@{transport}"
    romeo.say(juliet.name, "Hi")  # With the mark that typing is welcome.
    juliet.client.hears(contact, "Hi")
    for state, event in (("composing", 2), ("paused", 1), ("active", 0)):
        chat_state(juliet.client, contact, state)
        assert ident(romeo.wait(Typed, event=event).sender) == juliet.name
        romeo.type(juliet.name, event)
        juliet.client.expect(state, tells(state))


@NETWORKS
def test_what_was_said_meanwhile_comes_once(verona: OscarStage, transport: str) -> None:
    juliet, romeo = verona.member(transport), verona.person(transport)
    contact, user = f"{romeo.name}@{transport}", juliet.client
    server = verona.servers.of(transport)
    user.say(transport, "disconnect")
    server.wait_offline(juliet.name)
    letters = ["first letter", "Второе"]  # Without a space: at IServerd it would end there.
    for letter in letters:
        romeo.say(juliet.name, letter)
    user.say(transport, "connect")
    for letter in letters:
        assert user.hears(contact, letter).has(f"{{{DELAY}}}delay")
    verona.log_in_again(juliet)
    romeo.say(juliet.name, "and now")
    user.hears(contact, "and now")
    heard = [s.text("body") for s in user.inbox.history if s.bare == contact]
    assert heard == [*letters, "and now"]


def test_to_somebody_who_is_away_for_long(verona: OscarStage) -> None:
    juliet, romeo = verona.member(AIM), verona.person(AIM, online=False)
    contact = f"{romeo.name}@{AIM}"
    id = juliet.client.say(contact, "For later", extra=f"<request xmlns='{RECEIPTS}'/>")
    is_receipt(juliet.client, id)
    romeo.sign_on()
    romeo.fetch_offline()
    assert "For later" in romeo.wait(Heard, sender=juliet.name).text


def test_many_at_once(verona: OscarStage) -> None:
    """The server would drop the twentieth; the last five wait for their turn."""
    server = verona.servers.quick
    juliet, romeo = verona.member(QUICK), verona.member(QUICK, "romeo")
    texts = [f"letter {number}" for number in range(20)]
    for text in texts:
        juliet.client.say(romeo.address, text)
    for text in texts:
        romeo.client.hears(juliet.address, text)
    heard = [s.text("body") for s in romeo.client.inbox.history if s.bare == juliet.address]
    assert [text for text in heard if text] == texts
    rates = server.rates(juliet.name)
    assert rates is not None
    assert rates.lowest[3] >= 500
    juliet.client.inbox.refuse(lambda s: s.type == "error", "an error")
    assert verona.gateway.count("event=session.connecting", juliet.client.jid) == 1


def test_what_would_take_minutes_is_refused(verona: OscarStage) -> None:
    juliet, romeo = verona.member(AIM), verona.person(AIM)
    contact = f"{romeo.name}@{AIM}"
    sent = [juliet.client.say(contact, "x" * 30_000) for _ in range(8)]
    error = juliet.client.sees_error(contact, "resource-constraint")
    assert error.xml.get("id") in sent
    assert juliet.name == romeo.wait(Heard).sender
