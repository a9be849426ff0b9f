"""https://xmpp.org/extensions/xep-0191.html, asked of a transport: the network's own list."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

import pytest
from slixmpp import ComponentXMPP, Iq

from gateway.commands import Block, ListBlocked
from gateway.errors import Reason
from gateway.events import BlockedListed, Done, Event, Refused
from gateway.ids import PersonId
from gateway.network import Kind
from gateway.xmpp import blocking, xeps
from gateway.xmpp.blocking import BLOCKING, ITEM
from gateway.xmpp.features import features
from gateway.xmpp.router import Router
from tests.gateway.tinynet import settle
from tests.gateway.xmpp.staging import (
    ALL_COMMANDS,
    CLIENT,
    PHONE,
    ROMEO,
    ROOM,
    TRANSPORT,
    Rig,
    name,
    network,
    presence,
    rig,
    stanza,
    until,
)

__all__ = ["rig"]

STREAM = ComponentXMPP(TRANSPORT, "")  # type: ignore[no-untyped-call]

TYBALT = f"tybalt@{TRANSPORT}"


class List:
    """The network's."""

    def __init__(self, *people: str) -> None:
        self.people = [PersonId(person) for person in people]

    def show(self, asked: ListBlocked) -> Iterable[Event]:
        yield BlockedListed(token=asked.token, people=tuple(self.people))

    def change(self, asked: Block) -> Iterable[Event]:
        if asked.person == "prince":
            yield Refused(token=asked.token, reason=Reason.NOT_ALLOWED, detail="He is the prince.")
            return
        if asked.is_blocked:
            self.people.append(asked.person)
        else:
            self.people.remove(asked.person)
        yield Done(token=asked.token)


@pytest.fixture
def listed(rig: Rig) -> List:
    listed = List("tybalt")
    rig.stage.replies = {ListBlocked: listed.show, Block: listed.change}
    return listed


@pytest.fixture
def router(rig: Rig, listed: List) -> Router:
    rig.save()
    router = rig.router(xeps.IQS)
    router.stanza(presence(TRANSPORT))
    until(lambda: rig.stage.logins)
    rig.out.take()
    return router


def ask(rig: Rig, router: Router, payload: str, sender: str = CLIENT, to: str = TRANSPORT) -> str:
    """The condition of an error, or "result", or what there is in it."""
    kind = "get" if payload.startswith("<blocklist") else "set"
    query = stanza("iq", to, payload, sender, type=kind, id="1")
    router.iq(Iq(stream=STREAM, xml=query))
    settle()
    (answer,) = [x for x in rig.out.written if x.get("id") == "1"]
    rig.out.written.remove(answer)
    if (error := answer.find("{*}error")) is not None:
        return name(error[0])
    found = next(iter(answer), None)
    return "result" if found is None else " ".join(items(found))


def items(found: Element) -> list[str]:
    return [item.get("jid", "") for item in found.iterfind(ITEM)]


def change(verb: str, *jids: str) -> str:
    inner = "".join(f"<item jid='{jid}'/>" for jid in jids)
    return f"<{verb} xmlns='{BLOCKING}'>{inner}</{verb}>"


LIST = f"<blocklist xmlns='{BLOCKING}'/>"


def test_the_list(rig: Rig, router: Router) -> None:
    assert ask(rig, router, LIST) == TYBALT


def test_who_has_no_address_is_left_out(rig: Rig, router: Router, listed: List) -> None:
    listed.people.append(PersonId("\N{ROSE}"))
    assert ask(rig, router, LIST) == TYBALT
    assert ask(rig, router, change("unblock")) == "result"
    assert listed.people == []
    (push,) = rig.out.written
    assert items(push[0]) == [TYBALT]


@pytest.mark.parametrize("verb", ["block", "unblock"])
def test_clients_that_have_the_list_are_told_of_changes(
    rig: Rig, router: Router, listed: List, verb: str
) -> None:
    ask(rig, router, LIST, PHONE)
    person = ROMEO if verb == "block" else TYBALT
    assert ask(rig, router, change(verb, person)) == "result"
    assert listed.people == (["tybalt", "romeo"] if verb == "block" else [])
    (push,) = rig.out.written
    assert (push.get("type"), push.get("from"), push.get("to")) == ("set", TRANSPORT, PHONE)
    assert (name(push[0]), items(push[0])) == (verb, [person])


def test_all_are_unblocked_if_nobody_is_named(rig: Rig, router: Router, listed: List) -> None:
    listed.people.append(PersonId("sampson"))
    assert ask(rig, router, change("unblock")) == "result"
    assert listed.people == []


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        (change("block"), "bad-request"),
        (change("block", "romeo@elsewhere.example"), "item-not-found"),
        (change("block", "romeo@@"), "bad-request"),
        (change("block", ROOM), "not-acceptable"),
        (change("block", TRANSPORT), "not-acceptable"),
        (change("block", *[ROMEO] * 51), "resource-constraint"),
    ],
)
def test_what_cannot_be_blocked(rig: Rig, router: Router, asked: str, condition: str) -> None:
    assert ask(rig, router, asked) == condition
    assert rig.stage.of(Block) == []


def test_what_was_done_before_a_refusal_is_told(rig: Rig, router: Router, listed: List) -> None:
    ask(rig, router, LIST, PHONE)
    asked = change("block", ROMEO, f"prince@{TRANSPORT}", f"nurse@{TRANSPORT}")
    assert ask(rig, router, asked) == "not-allowed"
    (push,) = rig.out.written
    assert items(push[0]) == [ROMEO]
    assert listed.people == ["tybalt", "romeo"]


def test_people_are_not_asked(rig: Rig, router: Router) -> None:
    assert ask(rig, router, LIST, to=ROMEO) == "feature-not-implemented"


def test_only_so_many_clients_are_told(
    rig: Rig, router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocking, "MOST_WATCHERS", 1)
    for sender in (CLIENT, PHONE):
        ask(rig, router, LIST, sender)
    ask(rig, router, change("block", ROMEO))
    assert [push.get("to") for push in rig.out.written] == [PHONE]


def test_it_is_offered_where_the_network_has_it(rig: Rig) -> None:
    assert BLOCKING in features(Kind.SERVER, network(rig.stage))
    without = network(rig.stage, commands=ALL_COMMANDS - {ListBlocked})
    assert BLOCKING not in features(Kind.SERVER, without)
