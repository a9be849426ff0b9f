"""https://modern.ircdocs.horse/#channel-operations"""

from datetime import UTC, datetime

import pytest

from gateway.commands import JoinRoom, LeaveRoom, SetSubject
from gateway.errors import Reason
from gateway.events import Departure, Offline
from gateway.fsm import Lost, Stop
from gateway.ids import ChatId, Token
from networks.irc.members import WHO_FIELDS
from networks.irc.news import (
    Came,
    Changed,
    Denied,
    Ended,
    Entered,
    Exited,
    Invited,
    Member,
    Noticed,
    Renamed,
    Said,
    TopicChanged,
    Went,
)
from tests.networks.irc.play import EVERYTHING, SUPPORT, in_room, online

ROOM, TOKEN = ChatId("#verona"), Token("1")


def member(
    nick: str,
    modes: str = "",
    *,
    is_silenced: bool = False,
    account: str | None = None,
    address: str | None = None,
) -> Member:
    return Member(nick, modes, is_silenced, account, address, None)


ME = member("juliet", address="j@capulet.lit")


# Joining.


def test_join_is_one_snapshot() -> None:
    (
        online()
        >> JoinRoom(room=ROOM, token=TOKEN, password="key")
        << "JOIN #verona key"
        >> ":juliet!j@capulet.lit JOIN #Verona"
        << "MODE #Verona"
        >> ":s 332 juliet #Verona :Two households"
        >> ":s 333 juliet #Verona prince!p@v 1215302400"
        >> ":s 353 juliet = #Verona :@+romeo juliet"
        >> ":s 353 juliet = #Verona :+nurse!n@capulet.lit "
        >> ":s 366 juliet #Verona :End"
        << Entered(
            ROOM,
            "juliet",
            (ME, member("romeo", "ov"), member("nurse", "v", address="n@capulet.lit")),
            "Two households",
            "prince",
            datetime(2008, 7, 6, tzinfo=UTC),
            TOKEN,
        )
        << "WHO #Verona"
    ).end()


def test_we_are_put_into_a_room() -> None:
    play = online(caps=EVERYTHING)
    play = play >> ":juliet!j@capulet.lit JOIN #Lobby * :Juliet" << "MODE #Lobby"
    play = play >> ":s 353 juliet = #Lobby :juliet!j@capulet.lit" >> ":s 366 juliet #Lobby :End"
    (play << Entered(ChatId("#lobby"), "juliet", (ME,), "", "", None, None)).end()


def test_id_is_as_it_was_asked_for() -> None:
    """Brackets: to the server "#[]" is "#{}", to XMPP those are two rooms."""
    play = online() >> JoinRoom(room=ChatId("#[]"), token=TOKEN) << "JOIN #[]"
    play = (play >> ":juliet!j@c JOIN #{}").skip()
    play = (play >> ":s 353 juliet = #{} :juliet" >> ":s 366 juliet #{} :End").skip()
    (play >> ":romeo!r@v PRIVMSG #{} :Hi" << Said(ChatId("#[]"), "romeo", "Hi", True)).end()


def test_said_before_the_snapshot_comes_after_it() -> None:
    play = online(caps=EVERYTHING) >> ":juliet!j@c JOIN #verona" << "MODE #verona"
    play = play >> ":romeo!r@v PRIVMSG #verona :Hi" >> ":s 353 juliet = #verona :juliet!j@c"
    play >> ":s 366 juliet #verona :End"
    assert isinstance(play.done.pop(0).news, Entered)
    (play << Said(ROOM, "romeo", "Hi", True)).end()


def test_asking_again_gives_the_snapshot_again() -> None:
    play = in_room("romeo") >> JoinRoom(room=ROOM, token=TOKEN)
    (play << Entered(ROOM, "juliet", (ME, member("romeo")), "", "", None, TOKEN)).end()


def test_asking_twice_is_answered_twice() -> None:
    play = online(caps=EVERYTHING)
    for token in ("1", "2"):
        (play >> JoinRoom(room=ROOM, token=Token(token))).skip()
    play = (play >> ":juliet!j@c JOIN #verona").skip() >> ":s 366 juliet #verona :End"
    assert [effect.news.token for effect in play.done] == ["1", "2"]


@pytest.mark.parametrize(
    ("numeric", "reason"),
    [
        ("403", Reason.NOT_FOUND),
        ("405", Reason.NOT_ALLOWED),
        ("437", Reason.CONFLICT),
        ("471", Reason.FULL),
        ("473", Reason.REGISTRATION_REQUIRED),
        ("474", Reason.FORBIDDEN),
        ("475", Reason.NOT_AUTHORIZED),
        ("476", Reason.NOT_ACCEPTABLE),
        ("477", Reason.REGISTRATION_REQUIRED),
        ("489", Reason.NOT_ALLOWED),
        ("499", Reason.NOT_ALLOWED),
    ],
)
def test_join_refused(numeric: str, reason: Reason) -> None:
    (
        online()
        >> JoinRoom(room=ROOM, token=TOKEN)
        << "JOIN #verona"
        >> f":s {numeric} juliet #verona :Cannot join"
        << Denied(TOKEN, reason, "#verona Cannot join")
    ).end()


def test_forwarded() -> None:
    play = online() >> JoinRoom(room=ROOM, token=TOKEN) << "JOIN #verona"
    (
        play
        >> ":s 470 juliet #verona #mantua :Forwarding to another channel"
        << Denied(TOKEN, Reason.NOT_ALLOWED, "#verona #mantua Forwarding to another channel")
        >> ":juliet!j@c JOIN #mantua"
        << "MODE #mantua"
    ).end()


def test_join_of_what_is_no_channel() -> None:
    play = online() >> JoinRoom(room=ChatId("#a,#b"), token=TOKEN)
    (play << Denied(TOKEN, Reason.NOT_FOUND, "That is not the name of a channel.")).end()


# Who is there.


def test_come_and_go() -> None:
    (
        in_room(caps=EVERYTHING)
        >> ":romeo!r@montague.lit JOIN #verona montague :Romeo"
        << Came(ROOM, member("romeo", account="montague", address="r@montague.lit"))
        >> ":romeo!r@montague.lit PART #verona :To Mantua"
        << Went(ROOM, "romeo", Departure.LEFT, "", "To Mantua")
        >> ":romeo!r@montague.lit PART #verona"
    ).end()
    assert "romeo" not in in_room().fsm.irc.people


def test_netsplit() -> None:
    (
        in_room("romeo", "nurse", caps=EVERYTHING)
        >> ":s BATCH +x netsplit a.lit b.lit"
        >> "@batch=x :romeo!r@v QUIT :a.lit b.lit"
        << Went(ROOM, "romeo", Departure.DISCONNECTED, "", "a.lit b.lit")
        >> "@batch=x :nurse!n@v QUIT :a.lit b.lit"
        << Went(ROOM, "nurse", Departure.DISCONNECTED, "", "a.lit b.lit")
        >> ":s BATCH -x"
    ).end()


def test_kick_and_ban() -> None:
    (
        in_room("@prince", "romeo!r@montague.lit", "tybalt")
        >> ":prince!p@v KICK #verona tybalt :Enough"
        << Went(ROOM, "tybalt", Departure.KICKED, "prince", "Enough")
        >> ":prince!p@v MODE #verona +b *!*@montague.lit"
        << Noticed("#verona: prince sets +b *!*@montague.lit")
        >> ":prince!p@v KICK #verona romeo"
        << Went(ROOM, "romeo", Departure.BANNED, "prince", "")
    ).end()


def test_ban_taken_back() -> None:
    play = in_room("romeo!r@montague.lit")
    for sign in "+-":
        (play >> f":prince!p@v MODE #verona {sign}b *!*@montague.lit").skip()
    play >> ":prince!p@v KICK #verona romeo"
    assert play.done.pop(0).news.how is Departure.KICKED


def test_we_are_kicked() -> None:
    play = in_room("@prince")
    play >> ":prince!p@v KICK #verona juliet :Go"
    (play << Exited(ROOM, Departure.KICKED, "prince", "Go")).end()
    assert not play.fsm.irc.channels
    assert not play.fsm.irc.people


def test_leave() -> None:
    (
        in_room("romeo")
        >> LeaveRoom(room=ROOM, reason="Farewell")
        << "PART #verona Farewell"
        << "PING greengate-1"
        >> ":juliet!j@c PART #verona :Farewell"
        << Exited(ROOM, Departure.LEFT, "", "Farewell")
        >> ":s PONG s greengate-1"
        >> LeaveRoom(room=ROOM)
        << Exited(ROOM, Departure.LEFT)
    ).end()


def test_connection_lost() -> None:
    (
        in_room("romeo")
        >> Lost("reset")
        << Exited(ROOM, Departure.LOST, "", "reset")
        << Ended(Offline.NETWORK, "reset")
        << Stop()
    ).end()


def test_renamed() -> None:
    (
        in_room("@romeo")
        >> ":romeo!r@v NICK Montague"
        << Changed(ROOM, "romeo", member("Montague", "o"))
        >> ":juliet!j@c NICK Capulet"
        << Renamed("Capulet")
        << Changed(ROOM, "juliet", member("Capulet", address="j@capulet.lit"))
        >> ":Capulet!j@c NICK CAPULET"
        << Renamed("CAPULET")
        << Changed(ROOM, "Capulet", member("CAPULET", address="j@capulet.lit"))
    ).end()


def test_ranks() -> None:
    (
        in_room("romeo", "nurse")
        >> ":prince!p@v MODE #verona +ov-l romeo romeo"
        << Changed(ROOM, "romeo", member("romeo", "ov"), "prince")
        << Noticed("#verona: prince sets -l")
        >> ":prince!p@v MODE #verona -v romeo"  # Still an operator.
        >> ":prince!p@v MODE #verona +h nobody"
    ).end()


def test_moderated_room() -> None:
    (
        in_room("+romeo")
        >> ":s 324 juliet #verona +mnt"
        << Changed(ROOM, "juliet", member("juliet", address="j@capulet.lit", is_silenced=True))
        >> ":prince!p@v MODE #verona -m"
        << Changed(ROOM, "juliet", ME, "prince")
        >> ":prince!p@v MODE #verona -m"
    ).end()


def test_what_is_known_of_people() -> None:
    play = in_room(caps=EVERYTHING, support=SUPPORT)
    (play >> ":romeo!r@v JOIN #verona * :Romeo").skip()
    romeo = member("romeo", account="montague", address="r@v")
    (
        play
        >> ":romeo!r@v ACCOUNT montague"
        << Changed(ROOM, "romeo", romeo)
        >> ":romeo!r@v AWAY :In Mantua"
        << Changed(ROOM, "romeo", Member("romeo", "", False, "montague", "r@v", "In Mantua"))
        >> ":romeo!r@v AWAY :In Mantua"
        >> ":romeo!r@v AWAY"
        << Changed(ROOM, "romeo", romeo)
        >> ":romeo!r@v CHGHOST rom montague.lit"
        << Changed(ROOM, "romeo", member("romeo", account="montague", address="rom@montague.lit"))
        >> ":romeo!rom@montague.lit SETNAME :Romeo Montague"
        >> ":romeo!rom@montague.lit ACCOUNT *"
        << Changed(ROOM, "romeo", member("romeo", address="rom@montague.lit"))
    ).end()


def test_whox() -> None:
    play = in_room("romeo", "nurse", caps=EVERYTHING, support=f"{SUPPORT} WHOX")
    (
        play
        >> ":s 354 juliet 42 #verona r v.lit romeo G@ montague"
        << Changed(ROOM, "romeo", Member("romeo", "", False, "montague", "r@v.lit", ""))
        >> ":s 354 juliet 42 #verona n v.lit nurse H 0"
        >> ":s 354 juliet 42 #verona x v.lit stranger H 0"
        >> ":s 315 juliet #verona :End"
    ).end()


def test_who_is_asked_in_rooms_that_are_not_huge() -> None:
    play = online(support=f"{SUPPORT} WHOX")
    (play >> ":juliet!j@c JOIN #v").skip()
    play >> ":s 366 juliet #v :End"
    play.done.pop(0)
    (play << f"WHO #v {WHO_FIELDS}").end()
    (play >> ":juliet!j@c JOIN #w").skip()
    for at in range(0, 300, 10):
        names = " ".join(f"n{at + i}" for i in range(10))
        (play >> f":s 353 juliet = #w :{names}").end()
    play >> ":s 366 juliet #w :End"
    assert len(play.done.pop(0).news.members) == 301
    play.end()


def test_answers_to_lines_of_the_user_are_shown() -> None:
    (
        in_room("romeo")
        >> ":s 352 juliet #verona r v.lit s romeo H :0 Romeo"
        >> ":s 315 juliet #verona :End"
        >> ":s 352 juliet #verona r v.lit s romeo H :0 Romeo"
        << Noticed("#verona r v.lit s romeo H 0 Romeo")
        >> ":s 324 juliet #verona +nt"
        >> ":s 324 juliet #verona +nt"
        << Noticed("#verona +nt")
        >> ":s 353 juliet = #other :a b"
        << Noticed("= #other a b")
        >> ":s 366 juliet #other :End"
        >> ":s 331 juliet #verona :No topic is set"
        << Noticed("#verona No topic is set")
        >> ":s 332 juliet #other :Topic"
        << Noticed("#other Topic")
    ).end()


# Subjects and invitations.


def test_subject() -> None:
    (
        in_room("romeo")
        >> SetSubject(room=ROOM, subject="Two\nhouseholds", token=TOKEN)
        << "TOPIC #verona :Two households"
        << "PING greengate-1"
        >> ":juliet!j@c TOPIC #verona :Two households"
        << TopicChanged(ROOM, "Two households", "juliet", None, TOKEN)
        >> ":s PONG s greengate-1"
        >> ":romeo!r@v TOPIC #verona :"
        << TopicChanged(ROOM, "", "romeo")
    ).end()


def test_subject_as_it_was() -> None:
    play = in_room() >> SetSubject(room=ROOM, subject="x", token=TOKEN)
    (
        play
        << "TOPIC #verona x"
        << "PING greengate-1"
        >> ":s PONG s greengate-1"
        << TopicChanged(ROOM, "x", "juliet", None, TOKEN)
    ).end()


def test_subject_refused() -> None:
    play = in_room() >> SetSubject(room=ROOM, subject="x", token=TOKEN)
    (
        play
        << "TOPIC #verona x"
        << "PING greengate-1"
        >> ":s 482 juliet #verona :You're not channel operator"
        << Denied(TOKEN, Reason.FORBIDDEN, "#verona You're not channel operator")
        >> ":s PONG s greengate-1"
    ).end()


def test_invited() -> None:
    (
        online(caps=EVERYTHING)
        >> ":romeo!r@v INVITE juliet #Balcony"
        << Invited(ChatId("#balcony"), "romeo")
        >> ":romeo!r@v INVITE nurse #Balcony"
        << Noticed("#Balcony: romeo invites nurse")
    ).end()
