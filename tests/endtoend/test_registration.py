"""Registering (XEP-0077), commands (XEP-0050), and talking to the transport."""

from functools import partial

import pytest

from tests.endtoend.client import DATA, REGISTER, Client, Refused, form
from tests.endtoend.rig import INSP, IRC, Gateway, Stage, nick_of, secret, unique
from tests.servers.inspircd import Inspircd

COMMANDS = "http://jabber.org/protocol/commands"


def fields(user: Client, transport: str) -> dict[str, str]:
    query = user.ask(transport, "get", f"<query xmlns='{REGISTER}'/>")
    return {
        field.get("var", ""): field.findtext(f"{{{DATA}}}value", "")
        for field in query.iter(f"{{{DATA}}}field")
    }


def test_by_plain_fields(gateway: Gateway, stage: Stage) -> None:
    user = stage.user()
    user.ask(IRC, "set", f"<query xmlns='{REGISTER}'><nick>{nick_of(user)}</nick></query>")
    user.befriend(IRC)
    user.sees_presence(IRC)
    query = user.ask(IRC, "get", f"<query xmlns='{REGISTER}'/>")
    assert query.find(f".//{{{REGISTER}}}registered") is not None
    assert query.findtext(f".//{{{REGISTER}}}nick") == nick_of(user)


def test_what_is_wrong_is_named(gateway: Gateway, stage: Stage) -> None:
    user = stage.user()
    for wrong in ({"nick": ""}, {"nick": "two words"}, {"nick": "juliet", "mechanism": "MAGIC"}):
        with pytest.raises(Refused) as refused:
            user.register(IRC, **wrong)
        assert refused.value.condition == "not-acceptable"
        assert refused.value.text
    with pytest.raises(Refused) as refused:
        user.ask(IRC, "set", f"<query xmlns='{REGISTER}'/>")
    assert refused.value.condition == "bad-request"
    assert user.jid not in gateway.rows()


def test_editing_keeps_the_secrets(gateway: Gateway, stage: Stage, insp: Inspircd) -> None:
    account, password = unique("capulet"), secret()
    insp.register_account(account, password)
    user = stage.user()
    user.register(INSP, nick=account, password=password)
    user.befriend(INSP)
    user.sees_presence(INSP)
    assert fields(user, INSP)["password"] == ""
    user.register(INSP, nick=account, name="Juliet Capulet", password="")
    assert fields(user, INSP)["name"] == "Juliet Capulet"
    peer = stage.peer("nurse", INSP)
    peer.send(f"WHOIS {account}")
    assert "Juliet Capulet" in peer.numeric("311")
    assert account in peer.numeric("330")  # Is logged in as, so by the password on file.


def test_a_wrong_password_is_refused_and_nothing_is_kept(
    gateway: Gateway, stage: Stage, insp: Inspircd
) -> None:
    account, password = unique("capulet"), secret()
    insp.register_account(account, password)
    user, at = stage.user(), gateway.position()
    with pytest.raises(Refused) as refused:
        user.register(INSP, nick=account, password=secret("wrong"))
    assert refused.value.condition == "not-acceptable"
    assert "SASL" in refused.value.text
    user.fence(INSP)
    assert gateway.count("event=session.connecting", user.jid, since=at) == 1
    assert user.jid not in gateway.rows()
    user.register(INSP, nick=account, password=password)
    user.befriend(INSP)
    user.sees_presence(INSP)


def test_a_password_that_stops_to_be_right_is_tried_once(
    gateway: Gateway, stage: Stage, insp: Inspircd
) -> None:
    """XEP-0100, section 4.4.2: latched, with a sentence, until a new one is given."""
    account, password, changed = unique("capulet"), secret(), secret()
    insp.register_account(account, password)
    user = stage.user()
    user.register(INSP, nick=account, password=password)
    user.befriend(INSP)
    user.sees_presence(INSP)
    user.say(INSP, f"raw PRIVMSG NickServ :SET PASSWORD {changed}")
    user.expect("NickServ's word", lambda s: "nickserv@" in s.sender and "assword" in str(s))
    user.presence(type="unavailable")
    gateway.logged("event=session.offline", f"user={user.jid} ")
    at = gateway.position()
    user.inbox.clear()
    user.presence()
    error = user.sees_error(INSP, "not-authorized", "presence")
    assert error.xml.findtext(".//{*}text")
    user.expect(
        "a sentence", lambda s: s.sender == INSP and "registration" in (s.text("body") or "")
    )
    user.presence(show="away")
    again = stage.again(user, "two")
    again.fence(INSP)
    assert gateway.count("event=session.connecting", user.jid, since=at) == 1
    user.register(INSP, nick=account, password=changed)
    user.sees_presence(INSP)


def test_unregistering_leaves_no_trace(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()
    contact = f"{peer.nick}@{IRC}"
    user.presence(contact, "subscribe")
    user.sees_presence(contact, "subscribed")
    room = f"{stage.channel(peer, IRC)}@{IRC}"
    user.join(f"{room}/{nick_of(user)}")
    assert user.jid in gateway.rows()
    user.unregister(IRC)
    for sender in (contact, IRC):
        for kind in ("unsubscribe", "unsubscribed", "unavailable"):
            user.sees_presence(sender, kind)
    peer.expect(nick_of(user), "QUIT")
    user.fence(IRC)
    assert user.jid not in gateway.rows()
    user.say(contact, "Are you there?")
    user.sees_error(contact, "registration-required")


def execute(
    user: Client, to: str, node: str, values: dict[str, str] | None = None, session: str = ""
) -> tuple[str, str, str]:
    """Status, session, and all the text of the answer."""
    inner = ""
    if values is not None:
        query = form(values)[0]
        inner = "".join(
            f"<field var='{field.get('var')}'><value>{field[0].text or ''}</value></field>"
            for field in query
        )
        inner = f"<x xmlns='{DATA}' type='submit'>{inner}</x>"
    identity = f"sessionid='{session}'" if session else ""
    answer = user.ask(
        to, "set", f"<command xmlns='{COMMANDS}' node='{node}' {identity}>{inner}</command>"
    )
    command = answer.find(f"{{{COMMANDS}}}command")
    assert command is not None
    return command.get("status", ""), command.get("sessionid", ""), "\n".join(command.itertext())


def test_commands(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.user(), stage.peer()
    status, session, _ = execute(user, IRC, "register")
    assert status == "executing"
    status, _, text = execute(user, IRC, "register", {"nick": "not a nick"}, session)
    assert status == "executing"
    assert "not a nick" in text
    status, _, _ = execute(user, IRC, "register", {"nick": nick_of(user)}, session)
    assert status == "completed"
    user.befriend(IRC)
    user.sees_presence(IRC)
    assert "Connected" in execute(user, IRC, "status")[2]
    _, session, _ = execute(user, IRC, "whois")
    assert peer.nick in execute(user, IRC, "whois", {"nick": peer.nick}, session)[2]
    assert peer.nick in execute(user, f"{peer.nick}@{IRC}", "whois")[2]
    execute(user, IRC, "disconnect")
    user.sees_presence(IRC, "unavailable")
    execute(user, IRC, "connect")
    user.sees_presence(IRC)


def test_registering_by_chat(gateway: Gateway, stage: Stage, insp: Inspircd) -> None:
    """For clients without forms; what is refused leaves nothing, and is asked again."""
    account, password = unique("capulet"), secret()
    insp.register_account(account, password)
    user = stage.user()

    def answers(said: str, *words: str) -> None:
        user.say(INSP, said)
        user.expect(
            str(words), lambda s: s.sender == INSP and all(w in str(s.text("body")) for w in words)
        )

    answers("register", "operator of this gateway can read", "Nickname")
    answers(account, "Password", "archives")
    answers(secret("wrong"), "Account")
    answers("done", "SASL", "Nickname", f"Now: {account}")
    assert user.jid not in gateway.rows()
    answers("skip", "Password")
    answers(password, "Account")
    answers("back", "Password")
    answers("done", "You are registered, and connected.")
    user.befriend(INSP)
    user.sees_presence(INSP)
    answers("unregister", "deleted", "yes or no")
    answers("yes", "not registered any more")
    user.fence(INSP)
    assert user.jid not in gateway.rows()


SPOKEN = {
    "de-AT": (
        *("Passwort wird verschlüsselt", "muss ausgefüllt werden", "nicht registriert"),
        *("Schreibe mir", "Mit IRC verbunden"),
    ),
    "fr": (
        *("mot de passe est conservé chiffré", "doit être rempli", "pas inscrit"),
        *("Écrivez-moi", "Connecté à"),
    ),
    "es-MX": (
        *("contraseña se guarda cifrada", "debe rellenarse", "No estás registrado"),
        *("Escríbeme", "Conectado a"),
    ),
}


@pytest.mark.parametrize("lang", SPOKEN)
def test_in_the_language_of_the_user(gateway: Gateway, stage: Stage, lang: str) -> None:
    """By form, by command and by chat, and what nobody has asked for just then."""
    stored, missing, nobody, write, connected = SPOKEN[lang]
    user = stage.user(kind=partial(Client, lang=lang))
    query = user.ask(IRC, "get", f"<query xmlns='{REGISTER}'/>")
    assert stored in "".join(query.itertext())
    with pytest.raises(Refused) as refused:
        user.register(IRC, nick="")
    assert missing in refused.value.text
    assert nobody in execute(user, IRC, "status")[2]
    user.say(IRC, "help")
    user.expect(write, lambda s: s.sender == IRC and write in (s.text("body") or ""))
    user.register(IRC, nick=nick_of(user))
    user.befriend(IRC)
    user.sees_presence(IRC, "", lambda s: connected in (s.text("status") or ""))


def test_talking_to_the_transport(gateway: Gateway, stage: Stage) -> None:
    user, peer = stage.registered(IRC), stage.peer()

    def answers(said: str, word: str) -> None:
        user.say(IRC, said)
        user.expect(word, lambda s: s.sender == IRC and word in (s.text("body") or ""))

    answers("help", "whois")
    answers("status", "Connected")
    answers(f"whois {peer.nick}", peer.nick)
    answers("abracadabra", "help")
    user.say(IRC, f"raw PRIVMSG {peer.nick} :in its own words")
    peer.expect(nick_of(user), "PRIVMSG", "in its own words")


def test_from_what_people_type_to_an_address(gateway: Gateway, stage: Stage) -> None:
    """XEP-0100, section 6.3."""
    user = stage.user()
    gateway_query = "jabber:iq:gateway"
    asked = user.ask(IRC, "get", f"<query xmlns='{gateway_query}'/>")
    assert asked.findtext(f".//{{{gateway_query}}}prompt")
    for typed, found in (("Romeo", "romeo"), ("#Verona", "#verona"), ("a&apos;b", "a\\27b")):
        answer = user.ask(
            IRC, "set", f"<query xmlns='{gateway_query}'><prompt>{typed}</prompt></query>"
        )
        assert answer.findtext(f".//{{{gateway_query}}}jid") == f"{found}@{IRC}"
