"""https://modern.ircdocs.horse/#connection-registration"""

import base64
from hashlib import sha256

import pytest

from gateway.commands import JoinRoom, Logout, SendMessage, SetPresence
from gateway.errors import Reason
from gateway.events import Offline, Show
from gateway.fsm import Connected, HangUp, Lost, Stop, Timer, Tls
from gateway.ids import ChatId, Token
from networks.irc.fsm import MAX_HELD, IrcFsm
from networks.irc.news import Denied, Ended, Noticed, Remember, Renamed, Welcomed
from networks.irc.settings import IrcSettings
from tests.networks.irc.play import (
    SETTINGS,
    IrcPlaybook,
    connect,
    connected,
    how,
    online,
    registering,
)

TLS = SETTINGS.model_copy(update={"tls": True})
ROOM, TOKEN = ChatId("#verona"), Token("1")


def plain(user: str, password: str) -> str:
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


# The way in.


def test_from_socket_to_online() -> None:
    (
        IrcPlaybook(IrcFsm(how({"name": "Juliet Capulet"})))
        << connect()
        >> Connected()
        << "CAP LS 302"
        << "NICK juliet"
        << "USER juliet 0 * :Juliet Capulet"
        >> ":irc.verona.lit CAP * LS * :multi-prefix sts-is-not=1"
        >> ":irc.verona.lit CAP * LS :batch unknown/cap"
        << "CAP REQ :batch multi-prefix"
        >> ":irc.verona.lit CAP juliet ACK :batch multi-prefix"
        << "CAP END"
        >> ":irc.verona.lit 001 juliet :Welcome"
        >> ":irc.verona.lit 005 juliet PREFIX=(ov)@+ :are supported"
        >> ":irc.verona.lit 375 juliet :- Message of the day -"
        >> ":irc.verona.lit 372 juliet :- Be kind,"
        >> ":irc.verona.lit 372 juliet :- or be gone."
        >> ":irc.verona.lit 376 juliet :End"
        << Welcomed("juliet")
        << Remember("motd", sha256(b"Be kind,\nor be gone.").hexdigest(), 90 * 86_400.0)
        << Noticed("Be kind,\nor be gone.")
    ).end()


@pytest.mark.parametrize(("told_before", "is_told"), [("Be kind.", False), ("Be good.", True)])
def test_the_same_motd_is_told_once(told_before: str, is_told: bool) -> None:
    """Clients log in often; ``raw MOTD`` asks for it again."""
    memory = {"motd": sha256(told_before.encode()).hexdigest()}
    play = registering(memory=memory) >> ":s 001 juliet :Hi" >> ":s 372 juliet :- Be kind."
    play = play >> ":s 376 juliet :End" << Welcomed("juliet")
    if is_told:
        digest = sha256(b"Be kind.").hexdigest()
        play = play << Remember("motd", digest, 90 * 86_400.0) << Noticed("Be kind.")
    play.end()


@pytest.mark.parametrize("no", ["421 juliet CAP :Unknown command", "451 * :Not registered"])
def test_server_without_capabilities(no: str) -> None:
    (
        registering()
        >> f":irc.verona.lit {no}"
        >> ":irc.verona.lit 001 juliet :Welcome"
        >> ":irc.verona.lit 422 juliet :None"
        << Welcomed("juliet")
    ).end()


def test_password_of_the_server_waits_for_sts_over_plain_text() -> None:
    play = connected({"serverpass": "x"}) << "CAP LS 302"
    (
        play
        >> ":irc.verona.lit CAP * LS :batch"
        << "PASS x"
        << "NICK juliet"
        << "USER juliet 0 * juliet"
        << "CAP REQ batch"
    ).end()


def test_password_of_the_server_does_not_wait_for_ever() -> None:
    play = connected({"serverpass": "x"}) << "CAP LS 302"
    (play >> Timer("cap") << "PASS x" << "NICK juliet" << "USER juliet 0 * juliet").end()


def test_password_of_the_server_goes_at_once_when_encrypted() -> None:
    (
        connected(settings=TLS.model_copy(update={"password": "x"}))
        << "CAP LS 302"
        << "PASS x"
        << "NICK juliet"
        << "USER juliet 0 * juliet"
    ).end()


def test_one_refused_capability_does_not_cost_the_others() -> None:
    (
        registering()
        >> ":s CAP * LS :batch setname"
        << "CAP REQ :batch setname"
        >> ":s CAP * NAK :batch setname"
        << "CAP REQ batch"
        << "CAP REQ setname"
        >> ":s CAP * ACK batch"
        >> ":s CAP * NAK setname"
        << "CAP END"
    ).end()


def test_capabilities_come_and_go() -> None:
    play = online(caps="batch")
    (
        play
        >> ":s CAP juliet NEW :away-notify other"
        << "CAP REQ away-notify"
        >> ":s CAP juliet ACK :away-notify"
        >> ":s CAP juliet DEL :batch"
    ).end()
    assert play.fsm.irc.caps == {"away-notify"}


def test_no_motd_at_all() -> None:
    (registering() >> ":s 001 juliet :Hi" >> Timer("motd") << Welcomed("juliet")).end()


# SASL.


def sasl(offered: str, fields: dict[str, str] | None = None) -> IrcPlaybook:
    return (
        registering({"password": "secret", **(fields or {})})
        >> f":s CAP * LS :sasl={offered}"
        << "CAP REQ sasl"
        >> ":s CAP * ACK sasl"
    )


def test_plain() -> None:
    (
        sasl("PLAIN,EXTERNAL", {"username": "capulet"})
        << "AUTHENTICATE PLAIN"
        >> "AUTHENTICATE +"
        << f"AUTHENTICATE {plain('capulet', 'secret')}"
        >> ":s 900 juliet juliet!j@v capulet :You are now logged in as capulet"
        >> ":s 903 juliet :Success"
        << "CAP END"
    ).end()


def test_long_password_goes_in_pieces() -> None:
    password = "x" * 400
    whole = plain("juliet", password)
    (
        sasl("PLAIN", {"password": password})
        << "AUTHENTICATE PLAIN"
        >> "AUTHENTICATE +"
        << f"AUTHENTICATE {whole[:400]}"
        << f"AUTHENTICATE {whole[400:]}"
    ).end()


def test_next_mechanism_when_one_is_refused() -> None:
    (
        sasl("SCRAM-SHA-256,PLAIN")
        << "AUTHENTICATE SCRAM-SHA-256"
        >> ":s 908 juliet PLAIN :are available"
        >> ":s 904 juliet :failed"
        << "AUTHENTICATE PLAIN"
        >> "AUTHENTICATE +"
        << f"AUTHENTICATE {plain('juliet', 'secret')}"
        >> ":s 904 juliet :SASL authentication failed"
        << "QUIT"
        << Ended(Offline.BAD_CREDENTIALS, "SASL authentication failed")
        << Stop()
    ).end()


def test_chosen_mechanism_only() -> None:
    (
        sasl("SCRAM-SHA-256,PLAIN", {"mechanism": "PLAIN"})
        << "AUTHENTICATE PLAIN"
        >> ":s 904 juliet :no"
        << "QUIT"
        << Ended(Offline.BAD_CREDENTIALS, "no")
        << Stop()
    ).end()


def test_success_without_proof_is_no_success() -> None:
    (
        sasl("SCRAM-SHA-256")
        << "AUTHENTICATE SCRAM-SHA-256"
        >> ":s 903 juliet :Success"
        << "QUIT"
        << Ended(Offline.NETWORK, "The server claims success without having proved itself.")
        << Stop()
    ).end()


def test_challenge_that_is_none() -> None:
    play = sasl("PLAIN") << "AUTHENTICATE PLAIN" >> "AUTHENTICATE !!"
    play << "AUTHENTICATE *" << "QUIT"
    [ended, _] = play.done
    assert ended.news.why is Offline.NETWORK


def test_nobody_authenticates_without_credentials() -> None:
    (registering() >> ":s CAP * LS :sasl=PLAIN" << "CAP END").end()


def test_nickserv_where_there_is_no_sasl() -> None:
    """What NickServ answers comes before the rooms, some of which let only those in it knows."""
    play = registering({"password": "secret", "username": "capulet"})
    (
        play
        >> ":s CAP * LS :batch"
        << "CAP REQ batch"
        >> ":s CAP * ACK batch"
        << "CAP END"
        >> ":s 001 juliet :Hi"
        >> JoinRoom(room=ROOM, token=TOKEN)
        >> ":s 422 juliet :None"
        << "PRIVMSG NickServ :IDENTIFY capulet secret"
    ).end()
    play >> ":NickServ!n@services. NOTICE juliet :You are now recognized."
    play.done.pop(0)  # What it said.
    (play << Welcomed("juliet") << "JOIN #verona").end()


def test_silent_nickserv() -> None:
    play = registering({"password": "secret"}) >> ":s 001 juliet :Hi" >> ":s 422 juliet :None"
    (play << "PRIVMSG NickServ :IDENTIFY secret" >> Timer("identify") << Welcomed("juliet")).end()


# STS: https://ircv3.net/specs/extensions/sts


def test_sts_moves_us_to_tls_before_any_secret() -> None:
    (
        connected({"serverpass": "x", "password": "y"})
        << "CAP LS 302"
        >> ":s CAP * LS :sts=port=6697,duration=300 sasl"
        << HangUp()
        >> ":s NOTICE * :Still here"
        >> Lost("closed by us")
        << connect(6697, tls=Tls())
        >> Connected()
        << "CAP LS 302"
        << "PASS x"
        << "NICK juliet"
        << "USER juliet 0 * juliet"
        >> ":s CAP * LS :sts=port=1234,duration=300 sasl"
        << Remember("sts", "6697", 300.0)
        << "CAP REQ sasl"
        >> Logout()
        << "QUIT"
        << Remember("sts", "6697", 300.0)  # The time counts from the end of the connection.
        << Ended(Offline.ASKED, "")
        << Stop()
    ).end()


def test_sts_policy_of_an_earlier_log_in() -> None:
    (IrcPlaybook(IrcFsm(how(memory={"sts": "6697"}))) << connect(6697, tls=Tls())).end()


def test_sts_policy_ends() -> None:
    play = connected(settings=TLS).skip() >> ":s CAP * LS :sts=duration=0"
    (play << Remember("sts", "") << "CAP END").end()


@pytest.mark.parametrize("value", ["port=0", "port=x", "duration=5", "port=99999", ""])
def test_sts_that_says_nothing(value: str) -> None:
    (registering() >> f":s CAP * LS :sts={value}" << "CAP END").end()


# Nicknames.


def test_nick_in_use() -> None:
    play = registering()
    for nick in ("juliet_", "juliet__", "juliet___", "juliet012", "juliet345", "juliet678"):
        play = play >> ":s 433 * juliet :Nickname is already in use" << f"NICK {nick}"
    (
        play
        >> ":s 433 * juliet678 :Nickname is already in use"
        << "QUIT"
        << Ended(Offline.NETWORK, "juliet678 Nickname is already in use")
        << Stop()
    ).end()


def test_nick_too_long() -> None:
    (
        registering({"nick": "rosaline_of_verona"})
        >> ":s 432 * rosaline_of_verona :Nickname too long"
        << "NICK rosaline_"
        >> ":s 433 * rosaline_ :In use"
        << "NICK rosaline__"
        >> ":s 432 * rosaline__ :Nickname too long"
        << "NICK rosali012"
    ).end()


def test_nick_refused() -> None:
    (
        registering()
        >> ":s 432 * juliet :Erroneous Nickname"
        << "QUIT"
        << Ended(Offline.BAD_CREDENTIALS, "juliet Erroneous Nickname")
        << Stop()
    ).end()


def collided(support: str) -> IrcPlaybook:
    return (
        (registering() >> ":s 433 * juliet :In use").skip()
        >> ":s 001 juliet_ :Hi"
        >> f":s 005 juliet_ {support} :are supported"
        >> ":s 422 juliet_ :None"
        << Welcomed("juliet_")
    )


def test_nick_comes_back_by_monitor() -> None:
    (
        collided("MONITOR=10")
        << "MONITOR + juliet"
        >> ":s 731 juliet_ :juliet"
        << "NICK juliet"
        << "PING greengate-1"
        >> ":juliet_!j@c NICK juliet"
        << Renamed("juliet")
        >> ":s PONG s greengate-1"
    ).end()


def test_nick_comes_back_when_its_holder_is_seen_to_leave() -> None:
    play = collided("CHANTYPES=#") << "ISON juliet"
    play = (play >> ":juliet_!j@c JOIN #v").skip()
    play = (play >> ":s 353 juliet_ = #v :juliet_ juliet" >> ":s 366 juliet_ #v :End").skip()
    play >> ":juliet!other@host QUIT :bye"
    play.done.pop(0)
    (play << "NICK juliet" << "PING greengate-1" >> ":s 433 juliet_ juliet :Too late").end()


# Refused.


def test_wrong_password_of_the_server() -> None:
    (
        registering()
        >> ":s 464 juliet :Password incorrect"
        << Ended(Offline.BAD_CREDENTIALS, "Password incorrect")
        << Stop()
        >> ":s ERROR :Closing Link"
    ).end()


def test_banned() -> None:
    """Not latched: bans end."""
    (
        registering()
        >> ":s 465 juliet :You are banned from this server: spam"
        >> "ERROR :Closing Link"
        << Ended(Offline.NETWORK, "You are banned from this server: spam")
        << Stop()
    ).end()


def test_error_says_why() -> None:
    (
        registering()
        >> "ERROR :Trying to reconnect too fast."
        << Ended(Offline.NETWORK, "Trying to reconnect too fast.")
        << Stop()
    ).end()


def test_never_connected() -> None:
    (
        IrcPlaybook(IrcFsm(how())).skip()
        >> Lost("the certificate of irc.verona.lit is not trusted: expired")
        << Ended(Offline.NETWORK, "the certificate of irc.verona.lit is not trusted: expired")
        << Stop()
    ).end()


def test_takes_too_long() -> None:
    (
        registering()
        >> Timer("login")
        << Ended(Offline.NETWORK, "The server did not let us in within 60 seconds.")
        << Stop()
    ).end()
    (online() >> Timer("login")).end()


# Commands before we are online.


def test_commands_wait() -> None:
    (
        registering()
        >> SetPresence(show=Show.AWAY, status="Asleep")
        >> JoinRoom(room=ROOM, token=TOKEN)
        >> ":s 001 juliet :Hi"
        >> ":s 422 juliet :None"
        << Welcomed("juliet")
        << "AWAY Asleep"
        << "JOIN #verona"
    ).end()


def test_not_all_commands_wait() -> None:
    play = registering()
    for _ in range(MAX_HELD):
        (play >> SendMessage(chat=ROOM, body="x", token=TOKEN)).end()
    play >> SendMessage(chat=ROOM, body="x", token=Token("2"))
    [denied] = play.done
    assert denied.news.token == "2"
    assert denied.news.reason is Reason.TOO_MUCH


def test_what_waited_is_answered_when_we_never_get_in() -> None:
    (
        registering()
        >> JoinRoom(room=ROOM, token=TOKEN)
        >> Lost("closed by the server")
        << Denied(TOKEN, Reason.TIMEOUT, "closed by the server")
        << Ended(Offline.NETWORK, "closed by the server")
        << Stop()
    ).end()


def test_perform() -> None:
    (
        registering({"perform": "MODE juliet +x\n/OPER a b"})
        >> ":s 001 juliet :Hi"
        >> ":s 422 juliet :None"
        << Welcomed("juliet")
        << "MODE juliet +x"
        << "OPER a b"
    ).end()


# Staying and leaving.


def test_ping() -> None:
    (online() >> "PING :some token" << "PONG :some token").end()


def test_silence_is_asked_about_then_ends_it() -> None:
    (
        online()
        >> Timer("ping")  # Something was heard before it.
        >> Timer("ping")
        << "PING irc.verona.lit"
        >> ":irc.verona.lit PONG irc.verona.lit irc.verona.lit"
        >> Timer("ping")
        >> Timer("ping")
        << "PING irc.verona.lit"
        >> Timer("ping")
        << Ended(Offline.NETWORK, "Nothing came from the server for 180 seconds.")
        << Stop()
    ).end()


def test_logout() -> None:
    (
        online()
        >> Logout(reason="Good night")
        << "QUIT :Good night"
        << Ended(Offline.ASKED, "")
        << Stop()
        >> Lost("closed")
    ).end()


def test_logout_while_connecting() -> None:
    play = IrcPlaybook(IrcFsm(how())).skip()
    (play >> Logout() << Ended(Offline.ASKED, "") << Stop()).end()


def test_quit_message_of_the_operator() -> None:
    settings = IrcSettings(server="irc.verona.lit", tls=False, quit_message="Gateway")
    play = registering(settings=settings) >> Logout()
    (play << "QUIT Gateway" << Ended(Offline.ASKED, "") << Stop()).end()


def test_wrong_password_in_other_words() -> None:
    (
        registering()
        >> "ERROR :Access denied: Bad password?"
        << Ended(Offline.BAD_CREDENTIALS, "Access denied: Bad password?")
        << Stop()
    ).end()
