"""What users write to the transport itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.commands import ChangeNick, FetchProfile, ListRooms, SendRaw
from gateway.errors import CommandRefused, Reason
from gateway.events import ProfileFetched, RoomListing, RoomsListed
from gateway.ids import ChatId, PersonId
from gateway.sessions import State
from gateway.store import Preferences
from gateway.xmpp import chat, directory, labels
from gateway.xmpp.dialogue import CANCELLED, Dialogues
from gateway.xmpp.enrolment import REGISTERED
from gateway.xmpp.iq import Asker
from tests.gateway.xmpp.asking import (
    CLIENT,
    DOMAIN,
    SERVER,
    TOKEN,
    User,
    transport,
    without_commands,
)

MANTUA = "irc.mantua.lit"


@pytest.fixture(autouse=True)
def _nothing_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    empty: dict[object, object] = {}
    monkeypatch.setattr(directory, "_lists", empty)
    monkeypatch.setattr(chat, "DIALOGUES", Dialogues())


def say(user: User, body: str, account: str = "") -> str:
    addressing = labels.addressing(user.transport)
    asker = Asker(
        sender=CLIENT,
        user=user,  # type: ignore[arg-type]
        transport=user.transport,
        address=addressing.parse(account),
    )
    return chat.answer(asker, body)


def registered(*accounts: str) -> User:
    user = User(transport("open" if any(accounts) else "fixed"), *accounts)
    for bridge in user.bridges(DOMAIN):
        bridge.register(nick="Juliet", password="R0meo!", server=bridge.key.account)
    return user


@pytest.mark.parametrize("body", ["help", " HELP ", "/help", "!help", "help me"])
def test_help(body: str) -> None:
    words = say(User(transport()), body)
    assert "Verona" in words
    assert all(word.usage in words for word in chat.WORDS.values())


def test_help_names_only_what_the_network_knows() -> None:
    words = say(User(without_commands()), "help")
    assert "status" in words
    assert "whois" not in words
    assert say(User(without_commands()), "whois romeo").startswith("I do not know 'whois'")


def test_what_is_no_command() -> None:
    assert say(User(transport()), "Wherefore art thou?") == "I do not know that. Write help."


def test_a_command_without_what_it_takes() -> None:
    assert say(registered(""), "nick ") == "Write: nick NAME"


def test_status() -> None:
    assert say(User(transport()), "status") == "You are not registered with Verona."
    assert "It is online." in say(registered(""), "status")
    assert MANTUA not in say(registered(SERVER, MANTUA), "status", SERVER)


@pytest.mark.parametrize(
    ("word", "state", "switched"),
    [
        ("connect", State.OFFLINE, ["on"]),
        ("connect", State.ONLINE, []),
        ("disconnect", State.ONLINE, ["off"]),
        ("reconnect", State.ONLINE, ["on"]),
    ],
)
def test_the_connection(word: str, state: State, switched: list[str]) -> None:
    user = registered("")
    user.only.keeper.state = state
    assert say(user, word)
    assert user.only.switched == switched


def test_who_has_several_accounts_says_which() -> None:
    user = registered(SERVER, MANTUA)
    assert say(user, "reconnect") == (
        f"Ask one of your accounts: {SERVER}@{DOMAIN}, {MANTUA}@{DOMAIN}"
    )
    assert not any(bridge.switched for bridge in user.bridges(DOMAIN))
    say(user, "reconnect", MANTUA)
    assert user.bridges(DOMAIN)[1].switched == ["on"]


def test_who_has_none_is_told_to_register() -> None:
    assert say(User(transport()), "nick x") == "Register with Verona first."


def test_nick_and_what_the_network_says() -> None:
    user = registered("")
    assert say(user, "nick  Capulet ") == "You are called Capulet now."
    assert user.only.asked == [ChangeNick(nick="Capulet", token=TOKEN)]
    user.only.answers[ChangeNick] = lambda _: CommandRefused(Reason.CONFLICT, "Nick in use")
    assert say(user, "nick Romeo") == "Nick in use"
    user.only.answers[ChangeNick] = lambda _: CommandRefused(Reason.CONFLICT)
    assert say(user, "nick Romeo") == "That failed: conflict."


def test_whois() -> None:
    user = registered("")
    user.only.answers[FetchProfile] = lambda command: ProfileFetched(
        token=TOKEN, person=command.person, fields=(("Real name", "Romeo"), ("Idle", "5 s"))
    )
    assert say(user, "whois romeo") == "romeo\nReal name: Romeo\nIdle: 5 s"
    assert say(user, "whois #balcony") == "'#balcony' is not a person."
    user.only.answers[FetchProfile] = lambda _: ProfileFetched(
        token=TOKEN, person=PersonId("romeo"), fields=()
    )
    assert say(user, "whois romeo") == "Nothing is told about romeo."


def test_join_tells_an_address_to_click_on() -> None:
    assert say(registered(""), "join #Balcony") == (
        f"Join this room in your client: #balcony@{DOMAIN}\nxmpp:%23balcony@{DOMAIN}?join"
    )
    open_room = say(registered(SERVER), "join #balcony")
    assert f"xmpp:%23balcony%25{SERVER}@{DOMAIN}?join" in open_room


def test_list() -> None:
    user = registered("")
    rooms = tuple(
        RoomListing(room=ChatId(f"#{n}"), occupants=n, subject="x" * 300)
        for n in range(chat.SHOWN_ROOMS + 2)
    )
    user.only.answers[ListRooms] = lambda _: RoomsListed(token=TOKEN, rooms=rooms)
    lines = say(user, "list").splitlines()
    assert lines[0] == f"#31 (31): {'x' * 200}"
    assert lines[-1].startswith("… and 2 more.")
    assert len(lines) == chat.SHOWN_ROOMS + 1
    assert say(user, "list #30") == f"#30 (30): {'x' * 200}"
    assert say(user, "list y") == "No room was found."


def test_a_room_of_which_little_is_known() -> None:
    user = registered("")
    rooms = (RoomListing(room=ChatId("#a")),)
    user.only.answers[ListRooms] = lambda _: RoomsListed(token=TOKEN, rooms=rooms)
    assert say(user, "list") == "#a"


def test_raw() -> None:
    user = registered("")
    assert say(user, "raw MODE #Balcony +m") == "Sent."
    assert say(user, "raw PRIVMSG a\nQUIT") == "One line at a time."
    assert user.only.asked == [SendRaw(line="MODE #Balcony +m", token=TOKEN)]


def test_register() -> None:
    user = User(transport())
    assert "operator of this gateway can read" in say(user, "register")
    said = say(user, "two words")
    assert said.startswith("“Nickname”: 'two words' is not a nickname")
    assert said.endswith("*Nickname*")
    for written in ("Juliet", "R0meo!"):
        say(user, written)
    assert say(user, "done") == REGISTERED
    assert user.calls == [("register", "", {"nick": "Juliet", "password": "R0meo!"}, Preferences())]
    assert say(user, "status") == "You are not registered with Verona."  # Words are words again.


def test_register_at_a_server() -> None:
    user = registered(SERVER, MANTUA)
    say(user, "register", MANTUA)
    assert say(user, "status").startswith(f"{SERVER}: ")  # Elsewhere nothing is asked.
    assert say(user, "cancel", MANTUA) == CANCELLED


def test_unregister_wants_to_be_sure() -> None:
    user = registered("")
    assert say(user, "unregister").endswith("Unregister? Write yes or no.")
    assert say(user, "no") == "You are still registered."
    say(user, "unregister")
    assert not user.calls
    assert say(user, "yes") == "You are not registered any more."
    assert user.calls == [("unregister", "")]
    assert say(User(transport()), "unregister") == "You are not registered here."


def test_an_answer_is_never_longer_than_people_read() -> None:
    user = registered("")
    user.only.answers[FetchProfile] = lambda _: ProfileFetched(
        token=TOKEN, person=PersonId("romeo"), fields=(("Bio", "x" * 100_000),)
    )
    assert len(say(user, "whois romeo")) == chat.MAX_ANSWER


WORD = st.sampled_from([*sorted(set(chat.WORDS) - {"list", "whois", "add", "remove"}), "", "/"])


@given(WORD, st.text(max_size=20), st.sampled_from([(), ("",), (SERVER,), (SERVER, MANTUA)]))
def test_anything_is_answered(word: str, rest: str, accounts: tuple[str, ...]) -> None:
    assert say(registered(*accounts), f"{word} {rest}")
