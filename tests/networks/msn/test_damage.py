"""Recordings that were damaged on their way, and users who do anything at any time."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.commands import (
    AddContact,
    AskAttention,
    Authorize,
    Block,
    ChangeContact,
    ChangeNick,
    FetchAvatar,
    Invite,
    JoinRoom,
    LeaveRoom,
    ListBlocked,
    Logout,
    RemoveContact,
    SendMessage,
    SetAvatar,
    SetInvisible,
    SetPresence,
    SetTyping,
)
from gateway.events import Avatar, Show, Typing
from gateway.ids import ChatId, PersonId, Token
from networks.msn import news
from networks.msn.lists import MAX_SIZE
from networks.msn.text import MAX_PAYLOAD
from tests.networks.msn.replay import Replay, how
from tests.networks.msn.test_replay import EVERYBODY

NAMES = ("alice@example.com", "bob@example.com", "Dave@example.com", "nobody", "#verona", "#x", "")
TEXTS = ("", "Hi", "*Hi*", "x" * 4000, "\0", "<&é")


def some_command(random: Random, token: Token) -> Any:
    name, text, yes = random.choice(NAMES), random.choice(TEXTS), random.random() < 0.5
    chat, person = ChatId(name), PersonId(name)
    picture = Avatar(data=b"\x89PNG" + text.encode(), media_type="image/png")
    return random.choice(
        [
            SendMessage(chat=chat, body=text, token=token),
            SetTyping(chat=chat, typing=random.choice([*Typing])),
            AskAttention(chat=chat),
            AddContact(person=person, reason=text),
            RemoveContact(person=person),
            ChangeContact(person=person, name=text, groups=("Work",) if yes else ()),
            Authorize(person=person, is_granted=yes),
            Block(person=person, is_blocked=yes, token=token),
            ListBlocked(token=token),
            JoinRoom(room=chat, token=token),
            LeaveRoom(room=chat),
            Invite(room=chat, person=PersonId(random.choice(NAMES)), token=token),
            SetPresence(show=random.choice([*Show]), status=text),
            SetInvisible(is_invisible=yes),
            ChangeNick(nick=text, token=token),
            SetAvatar(avatar=picture if yes else None),
            FetchAvatar(person=person, avatar=text, token=token),
        ]
    )


def damaged(random: Random, data: bytes) -> bytes:
    at, words = random.randrange(len(data) + 1), data.split(b" ")
    return random.choice(
        [
            data[:at] + random.randbytes(1) + data[at + 1 :],
            data[:at] + data[at + random.randrange(10) :],
            data[:at] + b"\r\n" + data[at:],
            data + data,
            b" ".join(random.sample(words, len(words))),
            b" ".join(word for word in words if random.random() < 0.7),
        ]
    )


@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    st.sampled_from(EVERYBODY),
    st.sampled_from([0, 0.02, 0.1]),
    st.sampled_from([0.05, 0.3]),
)
def test_anything(seed: int, whose: tuple[str, str], damage: float, commands: float) -> None:
    """No exception; every command that has a token is answered once; and the end is the end."""
    random = Random(seed)
    transcript, who = whose
    protocol = transcript.removeprefix("twn_").upper() if "twn" in transcript else "MSNP15"
    play = Replay(how(who, protocol), transcript)
    play.damage = lambda data: damaged(random, data) if random.random() < damage else data
    tokens = []
    while play.at < len(play.steps):
        play.step()
        if random.random() < commands and not play.stopped:
            command = some_command(random, Token(str(len(tokens))))
            tokens += [command.token] if hasattr(command, "token") else []
            play.give(command)
        if play.wakes and random.random() < commands / 5:
            play.fire(random.choice(sorted(play.wakes)))
    play.give(Logout())
    told = [one.token for one in play.news if getattr(one, "token", None)]
    assert sorted(told) == sorted(tokens)
    assert [one for one in play.news if isinstance(one, news.Ended)] == play.news[-1:]
    for _, command in play.sent:
        assert len(command.payload or b"") <= LONGEST.get(command.name, MAX_SIZE)
        assert not (command.name == "CAL" and command.args[1] == f"{who}@example.com")


LONGEST = {"MSG": MAX_PAYLOAD}
"""After one byte more the server hangs up."""
