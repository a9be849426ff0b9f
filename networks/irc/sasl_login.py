"""SASL, and what is left where a server has none: IDENTIFY with NickServ.

https://ircv3.net/specs/extensions/sasl-3.2
"""

from gateway.events import Offline
from networks.irc import sasl
from networks.irc.known import words
from networks.irc.state import Irc, State
from networks.irc.wire import Line

REFUSED = "The server refused the name or the password."


def has_credentials(irc: Irc) -> bool:
    return bool(irc.fields.get("password") or irc.fields.get("certificate"))


def account_name(irc: Irc) -> str:
    return irc.fields.get("username") or irc.wanted_nick


def begin(irc: Irc) -> bool:
    """Try the best mechanism not tried yet.  False when there is none."""
    registration = irc.registration
    offered = registration.offers or tuple(
        name for name in registration.offered.get("sasl", "").split(",") if name
    )
    if chosen := irc.fields.get("mechanism"):
        offered = tuple(name for name in offered or (chosen,) if name.upper() == chosen) or ("",)
    try:
        registration.mechanism = sasl.choose(
            offered,
            username=account_name(irc),
            password=irc.fields.get("password", ""),
            nonce=irc.login.nonce,
            certificate=bool(irc.fields.get("certificate")) and irc.is_encrypted,
            plain=True,  # Whether the connection is encrypted is for operator and user to decide.
            exclude=registration.tried,
        )
    except sasl.SaslError as error:
        give_up(irc, Offline.BAD_CREDENTIALS, str(error))
        return True
    if registration.mechanism is None:
        return False
    registration.tried.append(registration.mechanism.name)
    registration.challenge = sasl.Assembler()
    irc.send_now("AUTHENTICATE", registration.mechanism.name)
    return True


def on_authenticate(irc: Irc, line: Line) -> None:
    registration = irc.registration
    if registration.mechanism is None:
        return
    try:
        challenge = registration.challenge.add(line.params[0])
        response = None if challenge is None else registration.mechanism.step(challenge)
    except sasl.SaslError as error:
        irc.send_now("AUTHENTICATE", "*")
        give_up(irc, Offline.NETWORK, str(error))
        return
    if response is not None:
        for chunk in sasl.chunks(response):
            irc.send_now("AUTHENTICATE", chunk)


def on_logged_in(irc: Irc, line: Line) -> None:
    """900: nick, mask, account, words."""
    irc.account = line.params[2]


def on_logged_out(irc: Irc, line: Line) -> None:
    """901"""
    irc.account = ""


def on_success(irc: Irc, line: Line) -> None:
    """903, and 907: already authenticated."""
    mechanism, irc.registration.mechanism = irc.registration.mechanism, None
    if mechanism and not mechanism.complete and line.command == "903":
        give_up(irc, Offline.NETWORK, "The server claims success without having proved itself.")
        return
    irc.account = irc.account or account_name(irc)
    finish(irc)


def finish(irc: Irc) -> None:
    if irc.state is State.REGISTERING and not irc.registration.is_negotiated:
        irc.registration.is_negotiated = True
        irc.send_now("CAP", "END")


def on_mechanisms(irc: Irc, line: Line) -> None:
    """908: nick, mechanisms, words.  904 follows."""
    irc.registration.offers = tuple(line.params[1].split(","))


def on_failure(irc: Irc, line: Line) -> None:
    """902, 904, 905, 906"""
    if irc.registration.mechanism is None:
        return
    irc.registration.mechanism = None
    if not begin(irc):
        give_up(irc, Offline.BAD_CREDENTIALS, words(line) or REFUSED)


def give_up(irc: Irc, why: Offline, detail: str) -> None:
    """Who gave credentials does not want to be there without.  Once online, we stay."""
    irc.registration.mechanism = None
    if irc.state is State.REGISTERING:
        irc.send_now("QUIT")
        irc.end(why, detail)
    else:
        irc.notice(detail)


def identify(irc: Irc) -> bool:
    """Where there was no SASL.  Whether it worked nobody says in a way that programs understand."""
    password = irc.fields.get("password")
    if not password or irc.account:
        return False
    name = irc.fields.get("username")
    account = f"{name} " if name and irc.fold(name) != irc.fold(irc.nick) else ""
    irc.send_now("PRIVMSG", "NickServ", f"IDENTIFY {account}{password}")
    return True
