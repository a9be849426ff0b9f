"""https://ircv3.net/specs/extensions/monitor, https://modern.ircdocs.horse/#ison-message"""

from gateway.commands import AddContact, RemoveContact, SetPresence
from gateway.events import Show
from gateway.fsm import Timer
from gateway.ids import PersonId
from networks.irc.contacts import ISON_PACE, ISON_SECONDS
from networks.irc.news import Seen, Watched, Went
from networks.irc.settings import Rate
from tests.networks.irc.play import EVERYTHING, SETTINGS, SUPPORT, in_room, online

NO_MONITOR = "CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(ov)@+"
ROMEO = PersonId("Romeo")
BOTH = (ROMEO, PersonId("nurse"))


def test_monitor() -> None:
    (
        online(contacts=BOTH)
        << "MONITOR + Romeo,nurse"
        >> ":s 731 juliet :Romeo"
        << Seen("Romeo", False)
        >> ":s 730 juliet :Romeo!r@v,nurse!n@v"
        << Seen("Romeo", True)
        << Seen("nurse", True)
        >> ":s 730 juliet :Romeo!r@v,stranger!n@v"
        >> ":s 731 juliet :Romeo"
        << Seen("Romeo", False)
    ).end()


def test_add_and_remove() -> None:
    (
        online()
        >> AddContact(person=ROMEO)
        << Watched("Romeo")
        << "MONITOR + Romeo"
        >> AddContact(person=PersonId("romeo"))
        << Watched("romeo")
        >> RemoveContact(person=PersonId("romeo"))
        << "MONITOR - Romeo"
        >> RemoveContact(person=ROMEO)
        >> ":s 730 juliet :Romeo!r@v"
        >> AddContact(person=PersonId("not a nick"))
    ).end()


def test_more_than_the_server_monitors() -> None:
    many = tuple(PersonId(f"n{number}") for number in range(4))
    (
        online(contacts=many, support="MONITOR=3")
        << "MONITOR + n0,n1,n2"
        << "ISON n3"
        >> ":s 303 juliet :N3"
        << Seen("N3", True)
        >> ":s 734 juliet 3 n2 :Monitor list is full"
        >> Timer("ison")
        << "ISON :n3 n2"
        >> ":s 303 juliet n3"
        << Seen("n2", False)
    ).end()


def test_long_lists_go_in_several_lines() -> None:
    many = tuple(PersonId(f"somebody{number:03}") for number in range(100))
    play = online(contacts=many, support="MONITOR")
    assert all(len(effect.frame.params[1]) <= 400 for effect in play.done)
    assert sum(len(effect.frame.params[1].split(",")) for effect in play.done) == 100


def test_ison() -> None:
    play = online(contacts=BOTH, support=NO_MONITOR) << "ISON :romeo nurse"
    assert play.wakes["ison"] == ISON_SECONDS
    (
        play
        >> ":s 303 juliet :Romeo "
        << Seen("Romeo", True)
        << Seen("nurse", False)
        >> Timer("ison")
        << "ISON :romeo nurse"
        >> ":s 303 juliet :"
        << Seen("Romeo", False)
    ).end()


def test_ison_takes_turns() -> None:
    many = tuple(PersonId(f"somebody{number:03}") for number in range(60))
    settings = SETTINGS.model_copy(update={"rate": Rate(burst=50)})
    play = online(contacts=many, support=NO_MONITOR, settings=settings)
    assert play.wakes["ison"] == ISON_PACE
    asked = play.done.pop().frame.params[0].split(" ")
    play >> Timer("ison")
    asked += play.done.pop().frame.params[0].split(" ")
    assert set(asked) == set(many)


def test_seen_in_a_channel() -> None:
    play = in_room("nurse", contacts=(ROMEO,), support=NO_MONITOR)
    (play >> ":s 303 juliet :").skip()
    play >> ":romeo!r@v JOIN #verona"
    play.done.pop(0)
    (play << Seen("romeo", True)).end()
    play >> ":romeo!r@v NICK montague"
    play.done.pop(0)
    (play << Seen("romeo", False)).end()
    play >> ":montague!r@v NICK romeo"
    play.done.pop(0)
    (play << Seen("romeo", True)).end()
    play >> ":romeo!r@v QUIT :bye"
    assert isinstance(play.done.pop(0).news, Went)
    (play << Seen("romeo", False)).end()


def test_away() -> None:
    (
        online(contacts=(ROMEO,), caps=EVERYTHING, support=SUPPORT)
        << "MONITOR + Romeo"
        >> ":s 730 juliet :romeo!r@v"
        << Seen("romeo", True)
        >> ":s 301 juliet romeo :In Mantua"
        << Seen("romeo", True, "In Mantua")
        >> ":romeo!r@v AWAY :In Mantua"
        >> ":romeo!r@v AWAY"
        << Seen("romeo", True)
        >> ":s 301 juliet stranger :Gone"
    ).end()


# Our own.


def test_presence() -> None:
    (
        online()
        >> SetPresence(show=Show.AVAILABLE)
        >> SetPresence(show=Show.DND)
        << "AWAY :Please do not disturb"
        >> SetPresence(show=Show.DND)
        >> SetPresence(show=Show.XA, status="In\nMantua")
        << "AWAY :In Mantua"
        >> ":s 306 juliet :You have been marked as being away"
        >> SetPresence(show=Show.CHAT, status="Back")
        << "AWAY"
        >> ":s 305 juliet :You are no longer marked as being away"
    ).end()


def test_only_the_last_presence_waits() -> None:
    settings = SETTINGS.model_copy(update={"rate": Rate(burst=1)})
    (
        online(settings=settings)
        >> SetPresence(show=Show.AWAY, status="1")
        << "AWAY 1"
        >> SetPresence(show=Show.AWAY, status="2")
        >> SetPresence(show=Show.AWAY, status="3")
        >> Timer("refill")
        << "AWAY 3"
        >> Timer("refill")
    ).end()
