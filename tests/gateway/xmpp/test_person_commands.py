"""https://xmpp.org/extensions/xep-0050.html: the commands of a person"""

from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from gateway.commands import AskAttention, Block, ChangeContact, FetchProfile
from gateway.errors import CommandRefused, Reason
from gateway.ids import PersonId
from gateway.network import Kind
from gateway.sections import LimitSettings
from gateway.sessions import State
from gateway.xmpp import contactbook
from gateway.xmpp.adhoc import COMMANDS
from gateway.xmpp.chats import ATTENTION
from gateway.xmpp.commands import offered
from gateway.xmpp.contact import Contact
from gateway.xmpp.features import features
from gateway.xmpp.quotas import Quotas
from networks.irc import NETWORK
from tests.gateway.xmpp.asking import DOMAIN, TOKEN, User, refusal, set_, transport

BOOKISH = replace(NETWORK, commands=NETWORK.commands | {Block, ChangeContact})

ROMEO = f"romeo@{DOMAIN}"
ROOM = f"#balcony@{DOMAIN}"

C, X = f"{{{COMMANDS}}}", "{jabber:x:data}"


def user(*contacts: Contact) -> User:
    made = User(transport(network=BOOKISH), "")
    for contact in contacts:
        made.only.contacts[made.only.jid(contact.person)] = contact
    return made


def run(user: User, node: str, to: str = ROMEO, id: str = "", **values: str) -> Element:
    fields = "".join(
        f"<field var='{name}'><value>{value}</value></field>" for name, value in values.items()
    )
    form = f"<x xmlns='jabber:x:data' type='submit'>{fields}</x>" if values else ""
    session = f" sessionid='{id}'" if id else ""
    found = set_(user, f"<command xmlns='{COMMANDS}' node='{node}'{session}>{form}</command>", to)
    assert found is not None
    return found


def values(shown: Element) -> dict[str | None, list[str | None]]:
    return {
        field.get("var"): [value.text for value in field.findall(f"{X}value")]
        for field in shown.iter(f"{X}field")
    }


@pytest.mark.parametrize(
    ("commands", "nodes"),
    [
        ({Block}, ["block", "unblock"]),
        ({ChangeContact}, ["rename"]),
        ({FetchProfile}, ["whois"]),
        (set(), []),
    ],
)
def test_which_there_are(commands: set[type], nodes: list[str]) -> None:
    network = replace(NETWORK, commands=frozenset(commands))
    assert list(offered(Kind.PERSON, network)) == nodes
    assert (COMMANDS in features(Kind.PERSON, network)) == bool(nodes)


def test_attention_where_the_network_has_it() -> None:
    """https://xmpp.org/extensions/xep-0224.html"""
    assert ATTENTION not in features(Kind.PERSON, NETWORK)
    buzzing = replace(NETWORK, commands=NETWORK.commands | {AskAttention})
    assert ATTENTION in features(Kind.PERSON, buzzing)
    assert ATTENTION not in features(Kind.SERVER, buzzing)


# Blocking.


@pytest.mark.parametrize(
    ("node", "is_blocked", "words"),
    [("block", True, "romeo is blocked."), ("unblock", False, "romeo is not blocked any more.")],
)
def test_block(node: str, is_blocked: bool, words: str) -> None:
    made = user()
    done = run(made, node)
    assert (done.get("status"), done.findtext(f"{C}note")) == ("completed", words)
    person = PersonId("romeo")
    assert made.only.asked == [Block(person=person, is_blocked=is_blocked, token=TOKEN)]


def test_block_somebody_in_a_room() -> None:
    made = user()
    assert refusal(lambda: run(made, "block", f"{ROOM}/Romeo")).reason is Reason.NOT_ACCEPTABLE
    made.only.room("#balcony", "Romeo")
    run(made, "block", f"{ROOM}/Romeo")
    (asked,) = made.only.asked
    assert isinstance(asked, Block)
    assert asked.person == "Romeo"


def test_what_the_network_says() -> None:
    made = user()
    made.only.answers[Block] = lambda _: CommandRefused(Reason.TOO_MUCH, "The list is full.")
    refused = refusal(lambda: run(made, "block"))
    assert (refused.reason, refused.text) == (Reason.TOO_MUCH, "The list is full.")


def test_strangers_block_nobody() -> None:
    stranger = User(transport(network=BOOKISH))
    assert refusal(lambda: run(stranger, "block")).reason is Reason.REGISTRATION_REQUIRED


# Names and groups.


def test_rename() -> None:
    made = user(Contact(PersonId("Romeo"), name="Montague", alias="R", groups=("A", "B c")))
    shown = run(made, "rename")
    assert values(shown) == {"name": ["R"], "groups": ["A", "B c"]}
    assert shown.findtext(f".//{X}title") == "Rename R"
    id = shown.get("sessionid", "")
    done = run(made, "rename", id=id, name=" My Romeo ", groups=" Verona \n\nVerona\nB c")
    assert done.findtext(f"{C}note") == "Romeo is called My Romeo now."
    assert made.only.asked == [
        ChangeContact(person=PersonId("Romeo"), name="My Romeo", groups=("Verona", "B c"))
    ]


def test_a_name_of_their_own_again() -> None:
    made = user(Contact(PersonId("Romeo"), alias="R", groups=("A",)))
    id = run(made, "rename").get("sessionid", "")
    done = run(made, "rename", id=id, name="", groups="")
    assert done.findtext(f"{C}note") == "Romeo is called Romeo now."
    assert made.only.asked == [ChangeContact(person=PersonId("Romeo"), name="", groups=())]


def test_too_many_groups_are_asked_for_again() -> None:
    made = user(Contact(PersonId("Romeo")))
    id = run(made, "rename").get("sessionid", "")
    groups = "\n".join(map(str, range(contactbook.MOST_GROUPS + 1)))
    again = run(made, "rename", id=id, groups=groups)
    assert again.get("status") == "executing"
    assert "20" in again.findtext(f"{C}note", "")
    assert made.only.asked == []


def test_who_renames_too_much_is_told_to_wait() -> None:
    made = user(Contact(PersonId("Romeo")))
    made.only.quotas = Quotas(LimitSettings(requests_per_minute=1.0))
    for words in ("is called a now", "asking too much"):
        id = run(made, "rename").get("sessionid", "")
        assert words in run(made, "rename", id=id, name="a").findtext(f"{C}note", "")
    assert len(made.only.asked) == 1


@pytest.mark.parametrize("contacts", [(), (Contact(PersonId("Romeo"), is_in_book=False),)])
def test_only_who_is_in_the_book(contacts: tuple[Contact, ...]) -> None:
    made = user(*contacts)
    assert refusal(lambda: run(made, "rename")).reason is Reason.NOT_FOUND
    made.only.room("#balcony", "Romeo")
    assert refusal(lambda: run(made, "rename", f"{ROOM}/Romeo")).reason is Reason.NOT_FOUND


def test_rename_while_offline() -> None:
    made = user(Contact(PersonId("Romeo")))
    id = run(made, "rename").get("sessionid", "")
    made.only.keeper.state = State.WAITING
    again = run(made, "rename", id=id, name="x")
    assert again.findtext(f"{C}note") == "It is waiting."
