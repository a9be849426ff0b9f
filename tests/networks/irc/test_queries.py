"""https://modern.ircdocs.horse/#whois-message, #list-message, #nick-message"""

import pytest

from gateway.commands import ChangeNick, FetchProfile, ListRooms, SendRaw
from gateway.errors import Reason
from gateway.fsm import Timer
from gateway.ids import ChatId, PersonId, Token
from networks.irc.news import Answered, Denied, Listed, Noticed, Renamed, Whois
from networks.irc.queries import MAX_ROOMS
from tests.networks.irc.play import EVERYTHING, online

ROMEO, TOKEN = PersonId("romeo"), Token("1")
ROWS = ((ChatId("#verona"), 12, "[+nt] *Two* households"), (ChatId("#mantua"), None, ""))


# WHOIS.


def test_whois() -> None:
    (
        online()
        >> FetchProfile(person=ROMEO, token=TOKEN)
        << "WHOIS romeo romeo"
        >> ":s 311 juliet Romeo r montague.lit * :Romeo \x02Montague\x02"
        >> ":s 319 juliet Romeo :#verona @#balcony"
        >> ":s 312 juliet Romeo verona.lit :A fair city"
        >> ":s 301 juliet Romeo :In Mantua"
        >> ":s 330 juliet Romeo montague :is logged in as"
        >> ":s 671 juliet Romeo :is using a secure connection"
        >> ":s 317 juliet Romeo 3725 1215302400 :seconds idle, signon time"
        >> ":s 320 juliet Romeo :is in love"
        >> ":s 318 juliet romeo :End"
        << Whois(
            TOKEN,
            "Romeo",
            (
                ("Name", "Romeo *Montague*"),
                ("Address", "r@montague.lit"),
                ("Channels", "#verona @#balcony"),
                ("Server", "verona.lit (A fair city)"),
                ("Away", "In Mantua"),
                ("Account", "montague"),
                ("Security", "is using a secure connection"),
                ("Idle", "1:02:05, online since 2008-07-06 00:00 UTC"),
                ("", "is in love"),
            ),
        )
        >> ":s 311 juliet Romeo r montague.lit * :Romeo"
        << Noticed("Romeo r montague.lit * Romeo")
    ).end()


@pytest.mark.parametrize("numeric", ["401", "402"])
def test_nobody(numeric: str) -> None:
    (
        online()
        >> FetchProfile(person=ROMEO, token=TOKEN)
        << "WHOIS romeo romeo"
        >> f":s {numeric} juliet romeo :No such nick"
        << Denied(TOKEN, Reason.NOT_FOUND, "romeo No such nick")
        >> ":s 318 juliet romeo :End"
    ).end()


def test_nothing_but_the_end() -> None:
    play = online() >> FetchProfile(person=ROMEO, token=TOKEN) << "WHOIS romeo romeo"
    play >> ":s 318 juliet romeo :End of /WHOIS list."
    (play << Denied(TOKEN, Reason.NOT_FOUND, "romeo End of /WHOIS list.")).end()


def test_no_answer() -> None:
    play = online() >> FetchProfile(person=ROMEO, token=TOKEN) << "WHOIS romeo romeo"
    (
        play
        >> Timer("sweep")
        >> Timer("sweep")
        >> ":s 319 juliet romeo #verona"  # It is still coming.
        >> Timer("sweep")
        >> Timer("sweep")
        >> Timer("sweep")
        << Denied(TOKEN, Reason.TIMEOUT, "The server did not answer.")
    ).end()


# LIST.


def test_list() -> None:
    (
        online()
        >> ListRooms(token=TOKEN)
        << "LIST"
        >> ListRooms(token=Token("2"))
        >> ":s 321 juliet Channel :Users Name"
        >> ":s 322 juliet #Verona 12 :[+nt] \x02Two\x02 households"
        >> ":s 322 juliet #mantua x :"
        >> ":s 322 juliet * 3 :secret"
        >> ":s 323 juliet :End"
        << Listed(TOKEN, ROWS)
        << Listed(Token("2"), ROWS)
    ).end()


def test_list_has_an_end() -> None:
    play = online() >> ListRooms(token=TOKEN) << "LIST"
    for number in range(MAX_ROOMS + 5):
        play >> f":s 322 juliet #{number} 1 :"
    play >> ":s 323 juliet :End"
    assert len(play.done.pop().news.rows) == MAX_ROOMS


def test_list_refused() -> None:
    play = online() >> ListRooms(token=TOKEN) << "LIST"
    play >> ":s 263 juliet LIST :Server load is too heavy"
    (play << Denied(TOKEN, Reason.TOO_MUCH, "LIST Server load is too heavy")).end()


# NICK.


def test_nick() -> None:
    (
        online()
        >> ChangeNick(nick="Capulet", token=TOKEN)
        << "NICK Capulet"
        << "PING greengate-1"
        >> ":juliet!j@c NICK :Capulet"
        << Renamed("Capulet")
        >> ":s PONG s greengate-1"
        << Answered(TOKEN)
    ).end()


def test_nick_that_comes_from_the_new_nick() -> None:
    """InspIRCd 3.15, in a labeled response."""
    play = online(caps=EVERYTHING) >> ChangeNick(nick="capulet", token=TOKEN)
    (
        play
        << "@label=1.1 NICK capulet"
        << "PING greengate-1"
        >> "@label=1.1 :s BATCH +1 labeled-response"
        >> "@batch=1 :capulet!juliet@127.0.0.1 NICK capulet"
        << Renamed("capulet")
        >> "@batch=1 :s MODE capulet -r"
        >> ":s BATCH -1"
        >> ":s PONG s greengate-1"
        << Answered(TOKEN)
    ).end()


def test_nick_refused() -> None:
    play = online() >> ChangeNick(nick="Romeo", token=TOKEN) << "NICK Romeo" << "PING greengate-1"
    (
        play
        >> ":s 433 juliet Romeo :Nickname is already in use"
        << Denied(TOKEN, Reason.CONFLICT, "Romeo Nickname is already in use")
        >> ":s PONG s greengate-1"
    ).end()


def test_nick_ignored() -> None:
    play = online() >> ChangeNick(nick="Romeo", token=TOKEN) << "NICK Romeo" << "PING greengate-1"
    play >> ":s PONG s greengate-1"
    detail = "The server did not change the nickname."
    (play << Denied(TOKEN, Reason.NOT_ACCEPTABLE, detail)).end()


def test_what_is_no_nick() -> None:
    play = online() >> ChangeNick(nick="a b", token=TOKEN)
    (play << Denied(TOKEN, Reason.NOT_ACCEPTABLE, "That is not a nickname.")).end()


# Raw.


def test_raw() -> None:
    (
        online()
        >> SendRaw(line="mode juliet +i\r\nQUIT :no", token=TOKEN)
        << "MODE juliet +i QUIT no"
        << "PING greengate-1"
        >> ":juliet MODE juliet +i"
        >> ":s PONG s greengate-1"
        << Answered(TOKEN)
    ).end()


def test_raw_refused_by_the_server() -> None:
    (
        online()
        >> SendRaw(line="FOO bar", token=TOKEN)
        << "FOO bar"
        << "PING greengate-1"
        >> ":s 421 juliet FOO :Unknown command"
        << Denied(TOKEN, Reason.NOT_SUPPORTED, "FOO Unknown command")
    ).end()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", Reason.BAD_REQUEST),
        (":source", Reason.BAD_REQUEST),
        ("QUIT", Reason.NOT_ALLOWED),
        ("pass x", Reason.NOT_ALLOWED),
        ("CAP REQ batch", Reason.NOT_ALLOWED),
        ("PRIVMSG romeo " + "x" * 400, Reason.NOT_ACCEPTABLE),
    ],
)
def test_raw_refused_by_us(line: str, reason: Reason) -> None:
    play = online() >> SendRaw(line=line, token=TOKEN)
    assert play.done.pop().news.reason is reason
    play.end()
