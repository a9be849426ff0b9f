"""Messages between a user and somebody on IRC."""

from xml.sax.saxutils import quoteattr

import pytest

from tests.endtoend.client import Client
from tests.endtoend.peer import Peer
from tests.endtoend.rig import INSP, IRC, OPEN, SLOW, Gateway, Stage, nick_of

CHAT_STATES = "http://jabber.org/protocol/chatstates"
RECEIPTS = "urn:xmpp:receipts"


@pytest.mark.parametrize(
    "text",
    [
        "Rattenfänger ♥",
        "O \U0001f339 by any other name \U0001f98a",
        "<body/> & ]]> \"'`",
        "a\tb",
        "  two  spaces",
        "עברית ‏and‎ العربية",
        "\N{REPLACEMENT CHARACTER}",
    ],
)
def test_text_arrives_as_it_is(gateway: Gateway, stage: Stage, text: str) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    user.say(f"{peer.nick}@{IRC}", text)
    line = peer.expect(nick_of(user), "PRIVMSG")
    assert line.partition(" :")[2] == text
    peer.say(nick_of(user), text)
    user.hears(f"{peer.nick}@{IRC}", text)


def test_what_xml_cannot_carry(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    peer.say(nick_of(user), "bell\x07 esc\x1b nul-like\x0e end")
    got = user.expect("a message", lambda s: (s.text("body") or "").startswith("bell"))
    assert (got.text("body") or "").endswith("end")
    peer.say(nick_of(user), "next")
    user.hears(f"{peer.nick}@{IRC}", "next")


def test_long_texts_are_split_and_nothing_is_lost(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    words = [f"wörd{number}" for number in range(400)]
    user.say(f"{peer.nick}@{IRC}", " ".join(words))
    user.say(f"{peer.nick}@{IRC}", "the end")
    received: list[str] = []
    while received[-2:] != ["the", "end"]:
        line = peer.expect(nick_of(user), "PRIVMSG")
        assert len(line.encode()) <= 510
        received += line.partition(" :")[2].split()
    assert received[:-2] == words


def test_several_lines(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    user.say(f"{peer.nick}@{IRC}", "one\n\ntwo\r\nthree")
    for expected in ("one", "two", "three"):
        assert peer.expect(nick_of(user), "PRIVMSG").endswith(f":{expected}")


def test_actions(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    user.say(f"{peer.nick}@{IRC}", "/me sighs")
    assert peer.expect(nick_of(user), "PRIVMSG").endswith(":\x01ACTION sighs\x01")
    peer.say(nick_of(user), "\x01ACTION bites his thumb\x01")
    user.hears(f"{peer.nick}@{IRC}", "/me bites his thumb")


def test_styling_both_ways(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    user.say(f"{peer.nick}@{IRC}", "it is *bold* and _slanted_")
    line = peer.expect(nick_of(user), "PRIVMSG")
    assert "\x02bold\x02" in line
    assert "\x1dslanted\x1d" in line
    peer.say(nick_of(user), "\x02bold\x02 \x0304red & <small>\x03")
    got = user.expect("a message", lambda s: "bold" in (s.text("body") or ""))
    xhtml = got.xml.find(
        "{http://jabber.org/protocol/xhtml-im}html/{http://www.w3.org/1999/xhtml}body"
    )
    assert xhtml is not None
    assert "".join(xhtml.itertext()) == "bold red & <small>"


def test_typing(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(INSP), stage.peer("romeo", INSP, "message-tags")
    contact = f"{peer.nick}@{INSP}"
    peer.send(f"@+typing=active TAGMSG {nick_of(user)}")
    user.expect("composing", lambda s: s.has(f"{{{CHAT_STATES}}}composing"))
    peer.send(f"@+typing=done TAGMSG {nick_of(user)}")
    user.expect("active", lambda s: s.has(f"{{{CHAT_STATES}}}active"))
    user.send(f"<message to='{contact}' type='chat'><composing xmlns='{CHAT_STATES}'/></message>")
    assert "+typing=active" in peer.expect(nick_of(user), "TAGMSG")
    user.send(f"<message to='{contact}' type='chat'><paused xmlns='{CHAT_STATES}'/></message>")
    assert "+typing=paused" in peer.expect(nick_of(user), "TAGMSG")


def ask_receipt(user: Client, to: str) -> str:
    return user.say(to, "Did you get this?", extra=f"<request xmlns='{RECEIPTS}'/>")


@pytest.mark.parametrize("network", [IRC, INSP])
def test_receipts(gateway: Gateway, stage: Stage, network: str) -> None:
    """InspIRCd echoes; for ngIRCd a fence tells that nothing was said against it."""
    user, peer = stage.registered(network), stage.peer("romeo", network)
    sent = ask_receipt(user, f"{peer.nick}@{network}")
    user.expect("a receipt", lambda s: s.has(f"{{{RECEIPTS}}}received", id=sent))


def test_what_irc_has_no_words_for(gateway: Gateway, stage: Stage) -> None:
    """A correction is said, a retraction and a reaction are refused, a marker is nobody's business;
    and none of the texts that clients put beside them is sent."""
    user, peer = stage.registered(IRC), stage.peer()
    contact = f"{peer.nick}@{IRC}"
    fallback = "<fallback xmlns='urn:xmpp:fallback:0'/>"
    first = user.say(contact, "wherefore atr thou")
    replace = f"<replace xmlns='urn:xmpp:message-correct:0' id='{first}'/>"
    user.say(contact, "wherefore art thou", extra=replace)
    user.say(contact, "wherefore art thou", extra=replace)
    for words in (
        f"<retract xmlns='urn:xmpp:message-retract:1' id='{first}'/>{fallback}",
        f"<reactions xmlns='urn:xmpp:reactions:0' id='{first}'><reaction>x</reaction></reactions>",
    ):
        beside = "<body>What was said is not meant any more.</body>"
        user.send(f"<message to='{contact}' type='chat' id='w'>{beside}{words}</message>")
        error = user.sees_error(contact, "feature-not-implemented")
        assert error.xml.get("id") == "w"
    marker = "<displayed xmlns='urn:xmpp:chat-markers:0' id='x'/>"
    user.send(f"<message to='{contact}' type='chat' id='marker'>{marker}</message>")
    user.say(contact, "the end")
    said = ["wherefore atr thou", "[corrected] wherefore art thou", "the end"]
    for expected in said:
        assert peer.expect(nick_of(user), "PRIVMSG").endswith(f" :{expected}")
    user.fence(IRC)
    user.inbox.refuse(lambda s: s.xml.get("id") == "marker", "an answer to a marker")


@pytest.mark.parametrize("network", [IRC, INSP])
def test_nobody_of_that_name(gateway: Gateway, stage: Stage, network: str) -> None:
    user = stage.registered(network)
    sent = ask_receipt(user, f"nobody@{network}")
    error = user.sees_error(f"nobody@{network}", "recipient-unavailable")
    assert error.xml.get("id") == sent
    user.fence(network)
    user.inbox.refuse(lambda s: s.has(f"{{{RECEIPTS}}}received"), "a receipt")


def test_who_is_offline_gets_it_later(gateway: Gateway, stage: Stage) -> None:
    """A client that is gone without a word; ejabberd stores what is for the user."""
    user, peer = stage.registered(IRC, stay_online="1"), stage.peer()
    at = gateway.position()
    user.drop()
    gateway.logged("AWAY", nick_of(user), since=at)  # Else it goes to a dead client.
    for number in range(5):
        peer.say(nick_of(user), f"letter {number}")
    stage.waits_for(user, 5)
    back = stage.again(user)
    for number in range(5):
        back.hears(f"{peer.nick}@{IRC}", f"letter {number}")


def test_too_long(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    sent = user.say(f"{peer.nick}@{IRC}", "x" * 70_000)
    error = user.sees_error(f"{peer.nick}@{IRC}", "policy-violation")
    assert error.xml.get("id") == sent
    peer.refuse(nick_of(user), "PRIVMSG")


def test_too_fast_is_refused_to_that_user_alone(gateway: Gateway, stage: Stage) -> None:
    hasty, patient, peer = stage.registered(IRC), stage.registered(IRC), stage.peer()
    contact = f"{peer.nick}@{IRC}"
    sent = [hasty.say(contact, f"message {number}") for number in range(70)]
    refused = hasty.sees_error(contact, "resource-constraint")
    assert refused.xml.get("id") in sent
    patient.say(contact, "in peace")
    peer.expect(nick_of(patient), "PRIVMSG", "in peace")


def test_each_message_is_sent_or_refused_when_the_network_is_slow(
    gateway: Gateway, stage: Stage
) -> None:
    """The queue of a session is bounded: what does not fit is refused, the rest in order."""
    user, peer = stage.registered(SLOW), stage.peer()
    contact = f"{peer.nick}@{SLOW}"
    sent = {user.say(contact, f"message {number}"): number for number in range(45)}
    last = user.say(contact, "the end")
    arrived = numbers_until_end(user, peer)
    refused = {sent[s.xml.get("id", "")] for s in user.inbox if s.type == "error"}
    assert last
    assert arrived == sorted(arrived)
    assert set(arrived) | refused == set(range(45))
    assert not set(arrived) & refused


def numbers_until_end(user: Client, peer: Peer) -> list[int]:
    arrived: list[int] = []
    while True:
        line = peer.expect(nick_of(user), "PRIVMSG")
        text = line.partition(" :")[2]
        if text == "the end":
            return arrived
        arrived.append(int(text.removeprefix("message ")))


ODD_ADDRESSES = (
    IRC,
    f"{IRC}/resource",
    f"a\\20b@{IRC}",
    f"a%b@{IRC}",
    f"é@{IRC}",
    f"#@{IRC}",
    f"#verona@{IRC}",
    f"#verona@{IRC}/a b <&>",
    f"{'x' * 900}@{IRC}",
    f"!verona@{IRC}/x",
    f"irc.example.org@{OPEN}",
    f"%@{OPEN}",
    f"#verona%@{OPEN}/x",
    f"#verona%nowhere@{OPEN}",
)

ODD_STANZAS = (
    "<message to={to}/>",
    "<message to={to} type='chat'><body/></message>",
    "<message to={to} type='normal'><body>x</body><subject>y</subject></message>",
    "<message to={to} type='headline'><body>x</body></message>",
    "<message to={to} type='groupchat'><body>x</body></message>",
    "<message to={to} type='groupchat'><subject/></message>",
    "<message to={to} type='error'/>",
    "<message to={to}><x xmlns='http://jabber.org/protocol/muc#user'><invite/></x></message>",
    "<message to={to}><body>{body}</body></message>",
    "<presence to={to} type='unavailable'/>",
    "<presence to={to} type='subscribed'/>",
    "<presence to={to} type='unsubscribe'/>",
    "<presence to={to} type='probe'/>",
    "<presence to={to} type='error'/>",
    "<iq to={to} type='get' id='odd'><query xmlns='urn:nothing'/></iq>",
    "<iq to={to} type='set' id='odd'><query xmlns='jabber:iq:register'/></iq>",
    "<iq to={to} type='get' id='odd'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>",
    "<iq to={to} type='set' id='odd'><query xmlns='http://jabber.org/protocol/muc#admin'/></iq>",
    "<iq to={to} type='set' id='odd'><command xmlns='http://jabber.org/protocol/commands'/></iq>",
    "<iq to={to} type='get' id='odd'><vCard xmlns='vcard-temp'/></iq>",
    "<iq to={to} type='result' id='odd'/>",
)


def test_odd_stanzas_are_no_mistake_of_ours(gateway: Gateway, stage: Stage) -> None:
    """The fixture looks for ``stanza.failed`` and ``xmpp.lost``."""
    for to in map(quoteattr, ODD_ADDRESSES):
        user = stage.registered(IRC)  # A new one for each: there is a limit on what one may send.
        for stanza in ODD_STANZAS:
            user.send(stanza.format(to=to, body="&lt;\u200b"))
        user.fence(IRC)
