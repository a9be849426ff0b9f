"""What a gateway says it is, and how people find addresses behind it."""

import pytest

from gateway.trial.people import Stanza
from tests.conformance.adapter import Can
from tests.conformance.stage import Stage, refusal
from tests.endtoend.client import REGISTER, Client, Refused

INFO = "http://jabber.org/protocol/disco#info"
GATEWAY = "jabber:iq:gateway"
ESCAPING = r"jid\20escaping"


def info(user: Client, jid: str) -> tuple[list[dict[str, str]], set[str]]:
    """Identities and features."""
    answer = user.ask(jid, "get", f"<query xmlns='{INFO}'/>")
    identities = [dict(found.attrib) for found in answer.iter(f"{{{INFO}}}identity")]
    return identities, {found.get("var", "") for found in answer.iter(f"{{{INFO}}}feature")}


def test_D1_identity(stage: Stage) -> None:
    """It is a gateway of the network's type, has a name, and offers registration.

    XEP-0100, section 4.1.1
    """
    identities, features = info(stage.user(), stage.gateway)
    found = [i for i in identities if i.get("category") == "gateway"]
    assert found, f"no gateway among {identities}"
    assert stage.network.type in [identity.get("type") for identity in found]
    assert all(identity.get("name") for identity in found), "it has no name"
    assert REGISTER in features


def test_D2_agents(stage: Stage) -> None:
    """The obsolete question for agent information is answered, if only by an error.

    XEP-0094
    """
    user, condition = stage.user(), ""
    try:
        user.ask(stage.gateway, "get", "<query xmlns='jabber:iq:agent'/>")
    except Refused as refused:
        condition = refused.condition
    assert condition in ("", "feature-not-implemented", "service-unavailable")


def test_D3_address_of_the_gateway(stage: Stage) -> None:
    """It speaks as its domain, without a resource.

    XEP-0100, section 4.1.1
    """
    user = stage.member().client
    theirs = [s.sender for s in user.inbox.history if s.sender.startswith(stage.gateway)]
    assert theirs, "it never spoke"
    assert set(theirs) == {stage.gateway}


def ask(user: Client, gateway: str, typed: str) -> str:
    """The JID for what somebody typed."""
    prompt = f"<prompt>{typed}</prompt>" if typed else ""
    answer = user.ask(gateway, "set", f"<query xmlns='{GATEWAY}'>{prompt}</query>")
    return answer.findtext(f".//{{{GATEWAY}}}jid", "")


def test_J1_offers_a_way_to_addresses(stage: Stage) -> None:
    """It says that it turns names into addresses, by escaping or when asked.

    XEP-0100, section 6
    """
    _, features = info(stage.user(), stage.gateway)
    assert features & {GATEWAY, ESCAPING}, "neither jabber:iq:gateway nor escaping"


def test_J2_prompt(stage: Stage) -> None:
    """Asked how people are addressed, it has a prompt and a description.

    XEP-0100, section 6.3
    """
    answer = stage.user().ask(stage.gateway, "get", f"<query xmlns='{GATEWAY}'/>")
    for name in ("prompt", "desc"):
        assert answer.findtext(f".//{{{GATEWAY}}}{name}"), f"no {name}"


def test_J3_address(stage: Stage) -> None:
    """What somebody typed becomes a JID at which that person is reached; nothing typed is refused.

    XEP-0100, section 6.3
    """
    person, member = stage.network.person(), stage.member()
    user = member.client
    found = ask(user, stage.gateway, person.name)
    assert found == stage.jid(person)
    user.say(found, "Is that you?")
    person.hears(member.account.name, "Is that you?")
    assert refusal(lambda: ask(user, stage.gateway, "")).condition


def test_J4_spellings(stage: Stage) -> None:
    """All ways to write one name lead to one JID.

    XEP-0100, section 6.3
    """
    person, user = stage.network.person(), stage.user()
    spellings = stage.network.spellings(person.name)
    found = {spelling: ask(user, stage.gateway, spelling) for spelling in spellings}
    assert set(found.values()) == {stage.jid(person)}, found


@pytest.mark.needs(Can.ESCAPED)
def test_J5_escaping(stage: Stage) -> None:
    """Who has a name that no JID can carry is written to, and writes, by an escaped one.

    XEP-0106, section 3
    """
    person, member = stage.network.awkward(), stage.member()
    person.say(member.account.name, "Do you see my name?")
    member.client.hears(stage.jid(person), "Do you see my name?")
    member.client.say(stage.jid(person), "I do.")
    person.hears(member.account.name, "I do.")


def test_S1_what_becomes_of_the_password(stage: Stage) -> None:
    """Who registers is told that the password is stored, and who could read along.

    XEP-0100, section 8
    """
    said = stage.registration(stage.user()).instructions.lower()
    assert "password" in said, said
    assert any(word in said for word in ("stored", "saved", "kept")), said
    assert any(word in said for word in ("operator", "administrator", "read")), said


def test_S2_no_answer_to_errors(stage: Stage) -> None:
    """Errors are never answered, or two servers would play ball with one for ever.

    RFC 6120, section 8.3.1
    """
    user, person = stage.user(), stage.network.person()
    for to in (stage.gateway, stage.jid(person)):
        user.send(
            f"<message to='{to}' type='error' id='ball'><body>x</body><error type='cancel'>"
            "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>"
        )
        user.send(f"<presence to='{to}' type='error'/>")
    stage.settle(user)
    ours: list[Stanza] = [s for s in user.inbox if stage.gateway in s.sender]
    assert ours == [], f"answered: {ours[0]}" if ours else ""
