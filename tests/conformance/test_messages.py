"""Messages between people, and in rooms."""

import pytest

from tests.conformance.adapter import Can
from tests.conformance.stage import Stage
from tests.endtoend.client import Client, is_presence

RECEIPTS = "urn:xmpp:receipts"
CHAT_STATES = "http://jabber.org/protocol/chatstates"
DELAY = "urn:xmpp:delay"
OMEMO = "eu.siacs.conversations.axolotl"

NOT_REACHED = ("item-not-found", "recipient-unavailable")
"""Most networks do not tell somebody unknown from somebody away."""

BOUNCE = (
    "<presence to='{to}' type='error'><error type='cancel'>"
    "<recipient-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"
)


def asks_receipt(user: Client, to: str, body: str) -> str:
    return user.say(to, body, extra=f"<request xmlns='{RECEIPTS}'/>")


def is_refused(user: Client, to: str, id: str, *conditions: str) -> None:
    """By one of these."""
    error = user.expect(
        f"an error of {to}", lambda s: (s.kind, s.type, s.bare) == ("message", "error", to)
    )
    assert error.xml.get("id") == id
    assert any(condition in str(error) for condition in conditions), f"refused by {error}"


# From the user.


def test_M1_arrives(stage: Stage) -> None:
    """What the user writes arrives as it was written.

    XEP-0100, section 4.8.1
    """
    person, member = stage.network.person(), stage.member()
    for text in ("Wherefore art thou?", "Rattenfänger – ♥"):
        member.client.say(stage.jid(person), text)
        person.hears(member.account.name, text)


def test_M2_nobody_of_that_name(stage: Stage) -> None:
    """What is written to nobody comes back as an error.

    XEP-0100, section 4.8.2
    """
    user, nobody = stage.member().client, stage.jid(stage.network.unknown())
    is_refused(user, nobody, user.say(nobody, "Hello?"), *NOT_REACHED)


def test_M2_not_registered(stage: Stage) -> None:
    """Who is not registered is told to register.

    XEP-0100, section 4.8.2
    """
    user, contact = stage.user(), stage.jid(stage.network.person())
    is_refused(user, contact, user.say(contact, "Hello?"), "registration-required")


@pytest.mark.needs(Can.BOUNCES)
def test_M2_somebody_away(stage: Stage) -> None:
    """What cannot be delivered comes back as an error.

    XEP-0100, section 4.8.2
    """
    user, contact = stage.member().client, stage.jid(stage.network.person(is_online=False))
    is_refused(user, contact, user.say(contact, "Hello?"), *NOT_REACHED)


@pytest.mark.needs(Can.OUTAGE)
def test_M2_network_down(stage: Stage) -> None:
    """What is written while the network cannot be reached comes back as an error.

    XEP-0100, section 4.8.2
    """
    user, contact = stage.member().client, stage.jid(stage.network.person())
    stage.network.stop()
    try:
        user.sees_presence(stage.gateway, "unavailable")
        id = user.say(contact, "Hello?")
        is_refused(user, contact, id, "remote-server-timeout", "recipient-unavailable")
    finally:
        stage.network.start()


@pytest.mark.needs(Can.BOUNCES)
def test_M3_nothing_is_kept(stage: Stage) -> None:
    """A network that keeps no messages is not made to look as if it did.

    XEP-0100, section 4.8
    """
    person, member = stage.network.person(is_online=False), stage.member()
    user, contact = member.client, stage.jid(person)
    is_refused(user, contact, user.say(contact, "Too early"), *NOT_REACHED)
    person.come()
    user.say(contact, "In time")
    person.hears(member.account.name, "In time")


def test_M4_receipts(stage: Stage) -> None:
    """A receipt comes when the network took the message, and none when it did not.

    XEP-0184, section 5
    """
    member, person = stage.member(), stage.network.person()
    user, nobody = member.client, stage.jid(stage.network.unknown())
    sent = asks_receipt(user, stage.jid(person), "Got it?")
    user.expect("a receipt", lambda s: s.has(f"{{{RECEIPTS}}}received", id=sent))
    lost = asks_receipt(user, nobody, "Got it?")
    is_refused(user, nobody, lost, *NOT_REACHED)
    stage.settle(user)
    user.inbox.refuse(lambda s: s.has(f"{{{RECEIPTS}}}received", id=lost), "a receipt")


@pytest.mark.needs(Can.TYPING)
def test_M5_typing(stage: Stage) -> None:
    """They see that the user is typing.

    XEP-0085, section 5
    """
    person, member = stage.network.person(), stage.member()
    user, contact = member.client, stage.jid(person)
    person.say(member.account.name, "Say something!")
    user.hears(contact, "Say something!")
    user.send(f"<message to='{contact}' type='chat'><composing xmlns='{CHAT_STATES}'/></message>")
    person.sees_typing(member.account.name)


def test_M6_encrypted(stage: Stage) -> None:
    """What only the user's own kind could decrypt is refused with a sentence, and goes nowhere.

    XEP-0384
    """
    person, member = stage.network.person(), stage.member()
    user, contact = member.client, stage.jid(person)
    encrypted = f"<encrypted xmlns='{OMEMO}'><payload>x</payload></encrypted>"
    id = user.say(contact, "I sent you an OMEMO message", extra=encrypted)
    error = user.expect("an error", lambda s: s.type == "error" and s.bare == contact)
    assert error.xml.get("id") == id
    assert error.xml.findtext(".//{*}error/{*}text"), "no words"
    user.say(contact, "In the clear, then")
    person.hears(member.account.name, "In the clear, then")


# To the user.


def test_C2_from_a_bare_jid(stage: Stage) -> None:
    """Messages come from the person's bare JID.

    XEP-0100, section 4.11.1
    """
    person, member = stage.network.person(), stage.member()
    person.say(member.account.name, "Good morrow")
    assert member.client.hears(stage.jid(person), "Good morrow").sender == stage.jid(person)


def test_C3_is_kept_by_the_users_server(stage: Stage) -> None:
    """What comes while no client takes messages is left to the user's server, which keeps it.

    XEP-0100, section 4.11
    """
    person, account = stage.network.person(), stage.network.account()
    user = stage.user(available=False)
    stage.register(user, account)
    user.presence(stage.gateway)
    stage.until(lambda: stage.network.is_online(account), "the log-in")
    other = stage.member()
    for to in (account, other.account):
        person.say(to.name, "For later")
    other.client.hears(stage.jid(person), "For later")  # So it has come for both.
    stage.settle(user)
    user.presence()
    assert user.hears(stage.jid(person), "For later").has(f"{{{DELAY}}}delay")


# Rooms.


@pytest.mark.needs(Can.ROOMS)
def test_P6_two_clients_in_one_room(stage: Stage) -> None:
    """Two clients of one user can both be in a room, and the network sees one.

    XEP-0045, section 7.2.6
    """
    person, member = stage.network.person(), stage.member()
    person.join("p6")
    me = f"{stage.room('p6')}/{member.account.name}"
    other = stage.again(member.client, "two")
    for client in (member.client, other):
        client.join(me)
    person.say_in("p6", "Both of you?")
    for client in (member.client, other):
        client.hears(f"{stage.room('p6')}/{person.name}", "Both of you?", "groupchat")
    other.presence(me, "unavailable")
    member.client.say(stage.room("p6"), "I stay", "groupchat")
    person.hears_in("p6", member.account.name, "I stay")
    assert stage.network.sessions(member.account) == 1


@pytest.mark.needs(Can.ROOMS)
def test_P7_order_of_entering(stage: Stage) -> None:
    """Who enters is told who is there, oneself last, then what was said, then the subject.

    XEP-0045, section 7.1
    """
    person, member = stage.network.person(), stage.member()
    person.join("p7")
    room = stage.room("p7")
    came = member.client.join(f"{room}/{member.account.name}")
    kinds = [
        "history" if s.kind == "message" else ("self" if s.has(".//{*}status", code="110") else "")
        for s in came
    ]
    assert kinds.count("self") == 1
    before, after = kinds[: kinds.index("self")], kinds[kinds.index("self") + 1 :]
    assert set(before) <= {""}, "something said before oneself entered"
    assert set(after) <= {"history"}, "somebody after oneself"
    assert f"{room}/{person.name}" in [s.sender for s in came]


@pytest.mark.needs(Can.ROOMS)
def test_P8_the_clients_id_comes_back(stage: Stage) -> None:
    """What the user says in a room comes back with the id that it was sent with, once.

    XEP-0045, section 7.4
    """
    person, member = stage.network.person(), stage.member()
    person.join("p8")
    room, user = stage.room("p8"), member.client
    user.join(f"{room}/{member.account.name}")
    id = user.say(room, "Mine", "groupchat")
    echo = user.hears(f"{room}/{member.account.name}", "Mine", "groupchat")
    assert echo.xml.get("id") == id
    person.hears_in("p8", member.account.name, "Mine")
    person.say_in("p8", "Yours")
    user.hears(f"{room}/{person.name}", "Yours", "groupchat")
    user.inbox.refuse(lambda s: s.text("body") == "Mine", "it again")


@pytest.mark.needs(Can.ROOMS)
def test_P9_a_client_that_is_gone(stage: Stage) -> None:
    """A client whose server says that it is gone leaves the room.

    XEP-0045, section 18.1.2
    """
    person, member = stage.network.person(), stage.member()
    person.join("p9")
    me = f"{stage.room('p9')}/{member.account.name}"
    member.client.join(me)
    person.say_in("p9", "Are you there?")
    member.client.hears(f"{stage.room('p9')}/{person.name}", "Are you there?", "groupchat")
    member.client.send(BOUNCE.format(to=me))
    person.sees_leave("p9", member.account.name)
    member.client.inbox.refuse(lambda s: is_presence(s, me, "error"), "an answer to an error")
