"""Messages on MSN: between two, among several, and to those who are not there."""

import pytest

from gateway.trial.people import Stanza
from tests.endtoend.book_rig import converse
from tests.endtoend.client import MUC_USER, Client
from tests.endtoend.msn_rig import MSN, OLD, MsnStage, local
from tests.endtoend.rig import unique
from tests.servers.msn import Heard, Joined, Left, Nudged, Typed

CHAT_STATES = "http://jabber.org/protocol/chatstates"
RECEIPTS = "urn:xmpp:receipts"
ATTENTION = "urn:xmpp:attention:0"
DELAY = "urn:xmpp:delay"

NETWORKS = pytest.mark.parametrize("transport", [MSN, OLD])

RUN = "{96875A4C-8C87-46B4-B474-050C86CB95ED}"


@NETWORKS
def test_text_arrives_as_it_is(mantua: MsnStage, transport: str) -> None:
    """Between two users of ours, both ways."""
    juliet, romeo = mantua.member(transport), mantua.member(transport, "romeo")
    converse(juliet, romeo)


def test_both_begin_at_once(mantua: MsnStage) -> None:
    """So there are two switchboards, and still everything arrives once, in its order."""
    juliet, romeo = mantua.member(MSN), mantua.member(MSN, "romeo")
    words = [f"word {number}" for number in range(15)]
    for word in words:
        juliet.client.say(romeo.address, word)
        romeo.client.say(juliet.address, word)
    for hearer, sayer in ((juliet, romeo), (romeo, juliet)):
        hearer.client.hears(sayer.address, words[-1])
        bodies = [s.text("body") for s in hearer.client.inbox.history if s.bare == sayer.address]
        assert [body for body in bodies if body] == words


def test_a_long_message_comes_in_pieces(mantua: MsnStage) -> None:
    juliet, romeo, contact = mantua.friends(MSN)
    words = " ".join(f"♥{number}" for number in range(900))
    juliet.client.say(contact, words)
    heard = ""
    while len(heard.split()) < 900:
        heard += f" {romeo.wait(Heard).text}"
    assert heard.split() == words.split()


def is_receipt(user: Client, id: str) -> None:
    user.expect("a receipt", lambda s: s.has(f"{{{RECEIPTS}}}received", id=id))


@NETWORKS
def test_signals(mantua: MsnStage, transport: str) -> None:
    """Typing, nudges and receipts, both ways."""
    juliet, romeo, contact = mantua.friends(transport)
    user = juliet.client
    id = user.say(contact, "Got it?", extra=f"<request xmlns='{RECEIPTS}'/>")
    is_receipt(user, id)
    assert romeo.wait(Heard).sender == juliet.name
    romeo.type(juliet.name)
    user.expect("typing", lambda s: s.has(f"{{{CHAT_STATES}}}composing"))
    romeo.nudge(juliet.name)
    user.expect("a nudge", lambda s: s.has(f"{{{ATTENTION}}}attention"))
    user.send(f"<message to='{contact}' type='chat'><composing xmlns='{CHAT_STATES}'/></message>")
    assert romeo.wait(Typed).sender == juliet.name
    user.send(f"<message to='{contact}' type='headline'><attention xmlns='{ATTENTION}'/></message>")
    assert romeo.wait(Nudged).sender == juliet.name


def test_a_switchboard_is_used_until_it_is_dead(mantua: MsnStage) -> None:
    juliet, romeo, contact = mantua.friends(MSN)
    server = mantua.servers.main
    for text in ("one", "two"):
        juliet.client.say(contact, text)
        assert romeo.wait(Heard).text == text
    assert len(server.records("XFR", juliet.name)) == 1
    for text in ("three", "four"):  # Perhaps before it is known that he has left.
        romeo.talks[0].leave()
        juliet.client.say(contact, text)
        assert romeo.wait(Heard).text == text
    romeo.say(juliet.name, "five")
    juliet.client.hears(contact, "five")


def test_a_message_that_does_not_arrive(mantua: MsnStage) -> None:
    juliet, _, contact = mantua.friends(MSN)
    server = mantua.servers.main
    server.ways.naks = True
    try:
        id = juliet.client.say(contact, "Hello?", extra=f"<request xmlns='{RECEIPTS}'/>")
        error = juliet.client.expect("an error", lambda s: (s.bare, s.type) == (contact, "error"))
    finally:
        server.ways.naks = False
    assert error.xml.get("id") == id
    juliet.client.inbox.refuse(lambda s: s.has(f"{{{RECEIPTS}}}received"), "a receipt")


# Those who are not there.


@NETWORKS
def test_what_was_said_meanwhile_comes_once(mantua: MsnStage, transport: str) -> None:
    server = mantua.servers.of(transport)
    juliet, romeo, contact = mantua.friends(transport)
    user = juliet.client
    user.say(transport, "disconnect")
    server.wait_offline(juliet.name)
    letters = ["first letter", "second ♥"]
    for number, letter in enumerate(letters, 1):
        romeo.write(juliet.name, letter, RUN, number)
    user.inbox.clear()
    user.say(transport, "connect")
    for letter in letters:
        assert user.hears(contact, letter).has(f"{{{DELAY}}}delay")
    server.wait_until(lambda: not server.account(juliet.name).letters, "the letters to be deleted")
    mantua.log_in_again(juliet)
    romeo.say(juliet.name, "and now")
    user.hears(contact, "and now")
    heard = [s.text("body") for s in user.inbox.history if s.bare == contact]
    assert [body for body in heard if body] == [*letters, "and now"]


def test_to_somebody_who_is_away_for_long(mantua: MsnStage) -> None:
    """Of ours: kept by the server, and heard at the next log-in."""
    juliet, romeo = mantua.member(MSN), mantua.member(MSN, "romeo")
    romeo.client.say(MSN, "disconnect")
    mantua.servers.main.wait_offline(romeo.name)
    text = "For later ♥ " + "x" * 300
    id = juliet.client.say(romeo.address, text, extra=f"<request xmlns='{RECEIPTS}'/>")
    is_receipt(juliet.client, id)
    romeo.client.say(MSN, "connect")
    assert romeo.client.hears(juliet.address, text).has(f"{{{DELAY}}}delay")


def test_nobody_of_that_name(mantua: MsnStage) -> None:
    user = mantua.member(MSN).client
    contact = local("nobody@msn.test", MSN)
    id = user.say(contact, "Hi", extra=f"<request xmlns='{RECEIPTS}'/>")
    error = user.expect("an error", lambda s: (s.bare, s.type) == (contact, "error"))
    assert error.xml.get("id") == id


# Rooms.


def test_a_chat_of_three_that_we_open(mantua: MsnStage) -> None:
    juliet, romeo, contact = mantua.friends(MSN)
    paris = mantua.person(MSN, "paris")
    user, room = juliet.client, f"#{unique('verona')}@{MSN}"
    user.join(f"{room}/Juliet")
    for person in (contact, local(paris.address, MSN)):
        user.send(
            f"<message to='{room}'><x xmlns='{MUC_USER}'><invite to='{person}'/></x></message>"
        )
        user.expect("an occupant", lambda s: s.kind == "presence" and s.bare == room)
    board = romeo.wait(Joined, who=paris.address).board
    user.say(room, "All of you", "groupchat")
    assert romeo.wait(Heard).text == paris.wait(Heard).text == "All of you"
    paris.talk_on(board).say("Both of you")
    assert romeo.wait(Heard).sender == paris.address
    user.expect("a word", lambda s: s.bare == room and s.text("body") == "Both of you")
    romeo.talk_on(board).leave()
    assert paris.wait(Left).who == romeo.address
    user.expect("a leave", lambda s: s.bare == room and s.type == "unavailable")


def test_a_chat_of_three_with_two_of_ours(mantua: MsnStage) -> None:
    """Each has a room of another name; what is said is the same."""
    juliet, nurse, romeo = mantua.member(MSN), mantua.member(MSN, "nurse"), mantua.person(MSN)
    room = f"#{unique('verona')}@{MSN}"
    juliet.client.join(f"{room}/Juliet")
    for person in (local(romeo.address, MSN), nurse.address):
        invite = f"<x xmlns='{MUC_USER}'><invite to='{person}'/></x>"
        juliet.client.send(f"<message to='{room}'>{invite}</message>")
        juliet.client.expect("an occupant", lambda s: s.kind == "presence" and s.bare == room)
    theirs = nurse.client.expect("an invitation", is_invitation).bare
    assert theirs != room
    nurse.client.join(f"{theirs}/Nurse")
    nurse.client.say(theirs, "Madam!", "groupchat")
    juliet.client.expect("a word", lambda s: s.bare == room and s.text("body") == "Madam!")
    assert romeo.wait(Heard).sender == nurse.name
    juliet.client.say(room, "Anon!", "groupchat")
    nurse.client.expect("a word", lambda s: s.bare == theirs and s.text("body") == "Anon!")


def is_invitation(stanza: Stanza) -> bool:
    return stanza.has(f"{{{MUC_USER}}}x/{{{MUC_USER}}}invite")


def test_a_chat_of_three_that_we_are_called_to(mantua: MsnStage) -> None:
    juliet, romeo, _ = mantua.friends(MSN)
    paris = mantua.person(MSN, "paris")
    talk = romeo.talk(paris.address)
    talk.call(juliet.name)
    romeo.wait(Joined, who=juliet.name)
    talk.say("Welcome & <hello>")
    room = juliet.client.expect("an invitation", is_invitation).bare
    came = juliet.client.join(f"{room}/Juliet")
    assert "Welcome & <hello>" in [stanza.text("body") for stanza in came]
    juliet.client.say(room, "Thank you", "groupchat")
    assert romeo.wait(Heard).text == paris.wait(Heard, text="Thank you").text
    juliet.client.presence(f"{room}/Juliet", "unavailable")
    romeo.wait(Left, who=juliet.name)
