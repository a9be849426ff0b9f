"""Rooms (XEP-0045), on an old IRC server and on a modern one."""

from xml.sax.saxutils import escape

import pytest

from gateway.trial.people import Stanza
from tests.endtoend.client import MUC_USER, Client, Refused, codes, has_code, is_presence, item
from tests.endtoend.peer import is_from
from tests.endtoend.rig import INSP, IRC, Gateway, Stage, nick_of, secret, unique

ADMIN = "http://jabber.org/protocol/muc#admin"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"
BOTH = pytest.mark.parametrize("network", [IRC, INSP])


class Scene:
    """A user, a peer who is operator of a channel, and what they are to each other."""

    def __init__(self, stage: Stage, network: str, *modes: str) -> None:
        self.stage = stage
        self.network = network
        self.peer = stage.peer("tybalt", network)
        self.channel = stage.channel(self.peer, network, *modes)
        self.room = f"{self.channel}@{network}"
        self.user = stage.user()
        self.nick = nick_of(self.user)

    @property
    def me(self) -> str:
        return f"{self.room}/{self.nick}"

    @property
    def other(self) -> str:
        return f"{self.room}/{self.peer.nick}"

    def join(self) -> list[Stanza]:
        came = self.user.join(self.me)
        self.peer.expect(self.nick, "JOIN", self.channel)
        return came

    def sees_leaving(self) -> None:
        """Who is nowhere else leaves the network."""
        self.peer.inbox.expect(
            lambda line: is_from(line, self.nick, "QUIT") or is_from(line, self.nick, "PART"),
            f"{self.nick}'s leaving",
        )


@BOTH
def test_entering_shows_others_then_self_then_history_then_subject(
    gateway: Gateway, stage: Stage, network: str
) -> None:
    scene = Scene(stage, network)
    scene.peer.send(f"TOPIC {scene.channel} :Two households")
    came = scene.join()
    assert [stanza.kind for stanza in came] == ["presence", "presence", "message"]
    others, mine, subject = came
    assert others.sender == scene.other
    assert item(others).attrib == {"affiliation": "admin", "role": "moderator"}
    assert codes(others) == set()
    assert mine.sender == scene.me
    assert codes(mine) == {"110"}
    assert item(mine).get("role") == "participant"
    assert subject.text("subject") == "Two households"
    assert subject.sender == scene.other

    scene.peer.say(scene.channel, "Peace? I hate the word")
    scene.user.hears(scene.other, "Peace? I hate the word", "groupchat")
    second = stage.again(scene.user, "two")
    came = second.join(scene.me)
    assert [stanza.kind for stanza in came] == ["presence", "presence", "message", "message"]
    assert came[1].sender == scene.me
    assert came[2].text("body") == "Peace? I hate the word"
    assert came[2].has("{urn:xmpp:delay}delay")
    assert came[3].text("subject") == "Two households"


def test_another_nickname_than_the_one_asked_for_is_told(gateway: Gateway, stage: Stage) -> None:
    scene = Scene(stage, IRC)
    scene.user.enter(f"{scene.room}/{scene.peer.nick}")  # Taken.
    mine = scene.user.expect("self-presence", has_code(110))
    assert codes(mine) == {"110", "210"}
    assert mine.sender == f"{scene.room}/{scene.peer.nick}_"


@BOTH
def test_a_message_is_reflected_once_with_its_id(
    gateway: Gateway, stage: Stage, network: str
) -> None:
    scene = Scene(stage, network)
    scene.join()
    sent = scene.user.say(scene.room, "Have at thee, coward!", "groupchat")
    scene.peer.expect(scene.nick, "PRIVMSG", scene.channel, "Have at thee, coward!")
    reflected = scene.user.hears(scene.me, "Have at thee, coward!", "groupchat")
    assert reflected.xml.get("id") == sent
    scene.user.fence(network)
    scene.user.inbox.refuse(lambda stanza: stanza.type == "groupchat", "a message")


def test_private_messages_through_an_occupant(gateway: Gateway, stage: Stage) -> None:
    scene = Scene(stage, IRC)
    scene.join()
    scene.user.say(scene.other, "A word with you")
    scene.peer.expect(scene.nick, "PRIVMSG", scene.peer.nick, "A word with you")
    scene.peer.say(scene.nick, "Make it a word and a blow")
    scene.user.hears(scene.other, "Make it a word and a blow")


@BOTH
def test_two_resources_share_one_place_in_the_room(
    gateway: Gateway, stage: Stage, network: str
) -> None:
    scene = Scene(stage, network)
    scene.join()
    phone = stage.again(scene.user, "phone")
    phone.join(scene.me)
    scene.peer.refuse(scene.nick, "JOIN")

    scene.peer.say(scene.channel, "Good den, sir")
    for client in (scene.user, phone):
        client.hears(scene.other, "Good den, sir", "groupchat")
    sent = phone.say(scene.room, "And you", "groupchat")
    for client in (scene.user, phone):
        assert client.hears(scene.me, "And you", "groupchat").xml.get("id") == sent

    phone.presence(scene.me, "unavailable")
    phone.sees_presence(scene.me, "unavailable", has_code(110))
    scene.peer.say(scene.channel, "Are you there?")
    scene.user.hears(scene.other, "Are you there?", "groupchat")
    phone.fence(network)
    phone.inbox.refuse(lambda stanza: stanza.text("body") == "Are you there?", "what it left")
    scene.peer.refuse(scene.nick, "PART")

    scene.user.presence(scene.me, "unavailable")
    scene.user.sees_presence(scene.me, "unavailable", has_code(110))
    scene.sees_leaving()


@BOTH
def test_nicknames_change(gateway: Gateway, stage: Stage, network: str) -> None:
    scene = Scene(stage, network)
    scene.join()
    new = unique("mercutio")
    scene.peer.send(f"NICK {new}")
    gone = scene.user.sees_presence(scene.other, "unavailable")
    assert codes(gone) == {"303"}
    assert item(gone).get("nick") == new
    came = scene.user.sees_presence(f"{scene.room}/{new}")
    assert item(came).get("affiliation") == "admin"

    mine = unique("rosaline")
    scene.user.presence(f"{scene.room}/{mine}")
    gone = scene.user.sees_presence(scene.me, "unavailable")
    assert codes(gone) == {"110", "303"}
    assert item(gone).get("nick") == mine
    assert codes(scene.user.sees_presence(f"{scene.room}/{mine}")) == {"110"}
    scene.peer.expect(scene.nick, "NICK", mine)


def test_a_taken_nickname_is_a_conflict(gateway: Gateway, stage: Stage) -> None:
    scene = Scene(stage, IRC)
    scene.join()
    scene.user.presence(scene.other)
    scene.user.sees_error(scene.room, "conflict", "presence")


@BOTH
def test_being_kicked_and_coming_back(gateway: Gateway, stage: Stage, network: str) -> None:
    scene = Scene(stage, network)
    scene.join()
    scene.peer.send(f"KICK {scene.channel} {scene.nick} :Out of my sight")
    gone = scene.user.sees_presence(scene.me, "unavailable")
    assert codes(gone) == {"110", "307"}
    assert item(gone).findtext(f"{{{MUC_USER}}}reason") == "Out of my sight"
    actor = item(gone).find(f"{{{MUC_USER}}}actor")
    assert actor is not None
    assert actor.get("nick") == scene.peer.nick
    scene.join()


@BOTH
def test_being_banned(gateway: Gateway, stage: Stage, network: str) -> None:
    scene = Scene(stage, network)
    scene.join()
    scene.peer.send(f"MODE {scene.channel} +b {scene.nick}!*@*")
    scene.peer.send(f"KICK {scene.channel} {scene.nick} :Banished")
    gone = scene.user.sees_presence(scene.me, "unavailable")
    assert codes(gone) == {"110", "301", "307"}
    assert item(gone).get("affiliation") == "outcast"
    scene.user.enter(scene.me)
    scene.user.sees_error(scene.room, "forbidden", "presence")


@BOTH
def test_the_user_kicks_and_bans(gateway: Gateway, stage: Stage, network: str) -> None:
    scene = Scene(stage, network)
    scene.join()
    scene.peer.send(f"MODE {scene.channel} +o {scene.nick}")
    scene.user.sees_presence(scene.me, "", lambda s: item(s).get("role") == "moderator")
    romeo, paris = (stage.peer(name, network) for name in ("romeo", "paris"))
    for peer in (romeo, paris):
        peer.join(scene.channel)
        scene.user.sees_presence(f"{scene.room}/{peer.nick}")
    administer(scene.user, scene.room, f"<item nick='{romeo.nick}' role='none'/>")
    romeo.expect(scene.nick, "KICK", romeo.nick)
    gone = scene.user.sees_presence(f"{scene.room}/{romeo.nick}", "unavailable")
    assert codes(gone) == {"307"}
    administer(
        scene.user, scene.room, f"<item jid='{paris.nick}@{network}' affiliation='outcast'/>"
    )
    gone = scene.user.sees_presence(f"{scene.room}/{paris.nick}", "unavailable")
    assert codes(gone) == {"301", "307"}


def administer(user: Client, room: str, *items: str) -> None:
    user.ask(room, "set", f"<query xmlns='{ADMIN}'>{''.join(items)}</query>")


def test_the_user_may_not_kick(gateway: Gateway, stage: Stage) -> None:
    scene = Scene(stage, IRC)
    scene.join()
    with pytest.raises(Refused) as refused:
        administer(scene.user, scene.room, f"<item nick='{scene.peer.nick}' role='none'/>")
    assert refused.value.condition == "forbidden"


@pytest.mark.parametrize(
    ("modes", "condition"),
    [
        ("+k sesame", "not-authorized"),
        ("+i", "registration-required"),
        ("+l 1", "service-unavailable"),
    ],
)
@BOTH
def test_closed_doors(
    gateway: Gateway, stage: Stage, network: str, modes: str, condition: str
) -> None:
    scene = Scene(stage, network, modes)
    scene.user.enter(scene.me)
    error = scene.user.sees_error(scene.room, condition, "presence")
    assert "hannel" in (error.xml.findtext(".//{*}text") or ""), "not the server's own words"
    scene.peer.refuse(scene.nick, "JOIN")
    scene.peer.send(f"MODE {scene.channel} {modes.replace('+', '-')}")
    scene.join()


def test_a_password_opens_the_door(gateway: Gateway, stage: Stage) -> None:
    password = secret("sesame")[:20]
    scene = Scene(stage, IRC, f"+k {password}")
    scene.user.enter(scene.me, password="wrong")
    scene.user.sees_error(scene.room, "not-authorized", "presence")
    scene.user.join(scene.me, password=password)
    gateway.stored(scene.channel)
    assert password not in gateway.bytes()


@BOTH
def test_the_subject_changes(gateway: Gateway, stage: Stage, network: str) -> None:
    scene = Scene(stage, network)
    scene.join()
    scene.peer.send(f"TOPIC {scene.channel} :A plague")
    assert scene.user.sees_subject(scene.room, "A plague").sender == scene.other


@BOTH
def test_the_user_changes_the_subject(gateway: Gateway, stage: Stage, network: str) -> None:
    scene = Scene(stage, network)
    scene.join()
    scene.peer.send(f"MODE {scene.channel} +t")
    scene.peer.round_trip()
    change_subject(scene, "No")
    scene.user.sees_error(scene.room, "forbidden")
    scene.peer.send(f"MODE {scene.channel} -t")
    scene.peer.round_trip()
    change_subject(scene, "o' both your <houses>")
    assert scene.user.sees_subject(scene.room, "o' both your <houses>").sender == scene.me
    scene.peer.expect(scene.nick, "TOPIC", "o' both your <houses>")


def change_subject(scene: Scene, subject: str) -> None:
    scene.user.send(
        f"<message to='{scene.room}' type='groupchat' id='s'>"
        f"<subject>{escape(subject)}</subject></message>"
    )


@BOTH
def test_invitations(gateway: Gateway, stage: Stage, network: str) -> None:
    scene = Scene(stage, network, "+i")
    scene.user.register(network, nick=scene.nick)
    scene.user.sees_presence(network)
    scene.peer.send(f"INVITE {scene.nick} {scene.channel}")
    invited = scene.user.expect(
        "an invitation",
        lambda s: s.sender == scene.room and s.has(f"{{{MUC_USER}}}x/{{{MUC_USER}}}invite"),
    )
    assert invited.has("{jabber:x:conference}x", jid=scene.room)
    scene.join()

    scene.peer.send(f"MODE {scene.channel} +o {scene.nick}")
    scene.user.sees_presence(scene.me, "", lambda s: item(s).get("role") == "moderator")
    romeo = stage.peer("romeo", network)
    scene.user.send(
        f"<message to='{scene.room}'><x xmlns='{MUC_USER}'>"
        f"<invite to='{romeo.nick}@{network}'/></x></message>"
    )
    romeo.expect(scene.nick, "INVITE", scene.channel)


@BOTH
def test_roles_and_affiliations_follow_the_modes(
    gateway: Gateway, stage: Stage, network: str
) -> None:
    scene = Scene(stage, network)
    scene.join()
    for change, role, affiliation in (
        ("+v", "participant", "member"),
        ("+o", "moderator", "admin"),
        ("-o", "participant", "member"),
        ("-v", "participant", "none"),
    ):
        scene.peer.send(f"MODE {scene.channel} {change} {scene.nick}")
        mine = scene.user.sees_presence(scene.me)
        assert (item(mine).get("role"), item(mine).get("affiliation")) == (role, affiliation)
        assert codes(mine) == {"110"}
    scene.peer.send(f"MODE {scene.channel} +m")
    assert item(scene.user.sees_presence(scene.me)).get("role") == "visitor"
    sent = scene.user.say(scene.room, "May I?", "groupchat")
    assert scene.user.sees_error(scene.room, "forbidden").xml.get("id") == sent


def test_absence_shows_in_the_room(gateway: Gateway, stage: Stage) -> None:
    scene = Scene(stage, INSP)
    scene.join()
    scene.peer.send("AWAY :At the apothecary's")
    away = scene.user.sees_presence(scene.other)
    assert (away.text("show"), away.text("status")) == ("away", "At the apothecary's")
    scene.peer.send("AWAY")
    assert scene.user.sees_presence(scene.other).text("show") is None


@BOTH
def test_coming_and_going(gateway: Gateway, stage: Stage, network: str) -> None:
    scene = Scene(stage, network)
    scene.join()
    romeo = stage.peer("romeo", network)
    romeo.join(scene.channel)
    came = scene.user.sees_presence(f"{scene.room}/{romeo.nick}")
    assert item(came).attrib == {"affiliation": "none", "role": "participant"}
    romeo.send(f"PART {scene.channel} :Adieu")
    gone = scene.user.sees_presence(f"{scene.room}/{romeo.nick}", "unavailable")
    assert gone.text("status") == "Adieu"
    romeo.join(scene.channel)
    scene.user.sees_presence(f"{scene.room}/{romeo.nick}")
    romeo.close("The drugs are quick")
    gone = scene.user.sees_presence(f"{scene.room}/{romeo.nick}", "unavailable")
    assert "The drugs are quick" in (gone.text("status") or "")


def test_self_ping(gateway: Gateway, stage: Stage) -> None:
    """XEP-0410, section 3.3."""
    scene = Scene(stage, IRC)
    with pytest.raises(Refused) as refused:
        ping(scene.user, scene.me)
    assert refused.value.condition in ("not-acceptable", "registration-required")
    scene.join()
    ping(scene.user, scene.me)
    with pytest.raises(Refused) as refused:
        ping(scene.user, f"{scene.room}/nobody")
    assert refused.value.condition == "item-not-found"
    phone = stage.again(scene.user, "phone")
    with pytest.raises(Refused) as refused:
        ping(phone, scene.me)
    assert refused.value.condition == "not-acceptable"


def ping(user: Client, to: str) -> None:
    user.ask(to, "get", "<ping xmlns='urn:xmpp:ping'/>")


def test_the_list_of_rooms_comes_in_pages(gateway: Gateway, stage: Stage) -> None:
    network = IRC
    user, peer = stage.registered(network), stage.peer("tybalt", network)
    prefix = unique("#list")
    wanted = {f"{prefix}-{letter}@{network}" for letter in "abcde"}
    for name in wanted:
        peer.join(name.partition("@")[0])
    found: list[str] = []
    after = ""
    while True:
        query = user.ask(
            network,
            "get",
            f"<query xmlns='{DISCO_ITEMS}'><set xmlns='http://jabber.org/protocol/rsm'>"
            f"<max>2</max>{f'<after>{escape(after)}</after>' if after else ''}</set></query>",
        )
        page = [found.get("jid", "") for found in query.iter(f"{{{DISCO_ITEMS}}}item")]
        assert len(page) <= 2
        if not page:
            break
        found += page
        after = query.findtext(".//{http://jabber.org/protocol/rsm}last", "")
    assert wanted <= set(found)
    assert len(found) == len(set(found))


def test_a_lost_client_leaves_its_rooms(gateway: Gateway, stage: Stage) -> None:
    scene = Scene(stage, IRC)
    scene.join()
    scene.user.drop()
    scene.sees_leaving()


def test_an_error_of_a_client_starts_no_loop(gateway: Gateway, stage: Stage) -> None:
    """A client that is gone makes its server bounce what we send; that is never answered."""
    scene = Scene(stage, IRC)
    scene.join()
    at = gateway.position()
    scene.user.send(
        f"<message to='{scene.room}' type='error' id='e1'><body>x</body><error type='cancel'>"
        "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
    )
    scene.user.send(f"<presence to='{scene.me}' type='error'/>")
    scene.sees_leaving()  # It said that it is not there.
    scene.user.inbox.refuse(lambda stanza: stanza.type == "error", "an answer to an error")
    assert gateway.count("event=stanza.failed", since=at) == 0


def test_others_in_the_room_who_know_nothing_of_it(gateway: Gateway, stage: Stage) -> None:
    """Messages to a room from a client that is not in it."""
    scene = Scene(stage, IRC)
    scene.join()
    phone = stage.again(scene.user, "phone")
    phone.say(scene.room, "Let me speak", "groupchat")
    phone.sees_error(scene.room, "not-acceptable")
    phone.say(scene.other, "Psst")
    phone.sees_error(scene.room, "not-acceptable")
    scene.peer.refuse(scene.nick, "PRIVMSG")


def test_entering_again_without_having_left(gateway: Gateway, stage: Stage) -> None:
    """A client that lost track gets everything again (XEP-0045, section 7.2.1)."""
    scene = Scene(stage, IRC)
    scene.join()
    came = scene.user.join(scene.me)
    assert [s.sender for s in came if s.kind == "presence"] == [scene.other, scene.me]
    scene.peer.refuse(scene.nick, "PART")


def test_presence_without_muc_is_not_another_entrance(gateway: Gateway, stage: Stage) -> None:
    """Clients send their availability to the rooms they are in."""
    scene = Scene(stage, IRC)
    scene.join()
    scene.user.presence(scene.me, show="away")
    scene.user.fence(IRC)
    scene.user.inbox.refuse(lambda s: is_presence(s, scene.room), "presence")
