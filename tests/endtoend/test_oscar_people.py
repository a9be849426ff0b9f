"""Profiles, pictures, search and blocking on AIM and ICQ."""

import hashlib
from base64 import b64decode, b64encode
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image
from slixmpp.xmlstream import StanzaBase

from gateway.trial.people import Stanza
from tests.endtoend.client import DATA, Client, Refused
from tests.endtoend.oscar_rig import AIM, ICQ, ISD, OscarStage
from tests.servers.oscar import Arrived, Departed, Details, Info

COMMANDS = "http://jabber.org/protocol/commands"
DISCO_INFO = "http://jabber.org/protocol/disco#info"
BLOCKING = "urn:xmpp:blocking"
SEARCH = "jabber:iq:search"
VCARD = "vcard-temp"
VCARD_UPDATE = "vcard-temp:x:update"
HASH = f"{{{VCARD_UPDATE}}}x/{{{VCARD_UPDATE}}}photo"
NICK = "{http://jabber.org/protocol/nick}nick"

PICTURE = b"GIF89a" + bytes(range(200))
PHOTO = hashlib.sha1(PICTURE).hexdigest()


# Profiles.


def vcard(user: Client, jid: str) -> dict[str, str]:
    card = user.ask(jid, "get", f"<vCard xmlns='{VCARD}'/>").find(f"{{{VCARD}}}vCard")
    assert card is not None
    return {child.tag.partition("}")[2]: "".join(child.itertext()) for child in card}


def test_profiles_of_aim(verona: OscarStage) -> None:
    juliet, romeo = verona.member(AIM), verona.person(AIM)
    romeo.profile("<HTML>Montague &amp; <B>proud</B></HTML>")
    romeo.away("<HTML>In exile</HTML>")
    card = vcard(juliet.client, f"{romeo.name}@{AIM}")
    assert card["FN"] == romeo.name
    assert "Montague & *proud*" in card["DESC"]
    assert "In exile" in card["DESC"]
    with pytest.raises(Refused):
        vcard(juliet.client, f"nobody@{AIM}")


DETAILS = Details(nick="Romeo", first="Romeo", last="Montague & Sons", city="Verona")


@pytest.mark.parametrize("transport", [ICQ, ISD])
def test_details_of_icq(verona: OscarStage, transport: str) -> None:
    juliet, romeo = verona.member(transport), verona.person(transport, details=DETAILS)
    card = vcard(juliet.client, f"{romeo.name}@{transport}")
    assert card["FN"] == romeo.name
    for value in ("Romeo", "Montague & Sons", "Verona"):
        assert value in card["DESC"]


def change_profile(user: Client, transport: str, **values: str) -> dict[str, str]:
    """What the form was filled in with."""
    asked = f"<command xmlns='{COMMANDS}' node='profile'/>"
    shown = user.ask(transport, "set", asked).find(f"{{{COMMANDS}}}command")
    assert shown is not None
    inner = "".join(
        f"<field var='{name}'><value>{value}</value></field>" for name, value in values.items()
    )
    form = f"<x xmlns='{DATA}' type='submit'>{inner}</x>"
    session = shown.get("sessionid")
    filled_in = f"<command xmlns='{COMMANDS}' node='profile' sessionid='{session}'>{form}</command>"
    done = user.ask(transport, "set", filled_in).find(f"{{{COMMANDS}}}command")
    assert done is not None
    assert done.get("status") == "completed"
    return {
        field.get("var", ""): field.findtext(f"{{{DATA}}}value", "")
        for field in shown.iter(f"{{{DATA}}}field")
    }


def test_our_profile_on_aim(verona: OscarStage) -> None:
    """It is there again after the next log-in, though servers forget it."""
    juliet, romeo = verona.member(AIM), verona.person(AIM)
    assert change_profile(juliet.client, AIM, profile="A *Capulet*")["profile"] == ""
    verona.log_in_again(juliet)
    assert change_profile(juliet.client, AIM, profile="In *love*")["profile"] == "A *Capulet*"
    verona.servers.main.wait_sent(0x02, 0x04, juliet.name, 4)
    romeo.fetch_info(juliet.name)
    assert "In <B>love</B>" in romeo.wait(Info).profile


@pytest.mark.parametrize("transport", [ICQ, ISD])
def test_our_details_on_icq(verona: OscarStage, transport: str) -> None:
    juliet = verona.member(transport, details=replace(DETAILS))
    new = {"nick": "Juliet", "first": "", "last": "Capulet", "notes": "In love"}
    before = change_profile(juliet.client, transport, **new)
    assert (before["nick"], before["last"], before["notes"]) == ("Romeo", "Montague & Sons", "")
    details = verona.servers.of(transport).account(juliet.name).details
    assert details == Details(nick="Juliet", last="Capulet", notes="In love")


# Search (XEP-0055).


@pytest.mark.parametrize("transport", [ICQ, ISD])
def test_search(verona: OscarStage, transport: str) -> None:
    juliet = verona.member(transport)
    romeo = verona.person(transport, details=Details(nick=f"rom{juliet.name}", last="Montague"))
    user = juliet.client
    query = user.ask(transport, "get", f"<query xmlns='{SEARCH}'/>").find(f"{{{SEARCH}}}query")
    assert query is not None
    fields = {f.get("var") for f in query.iterfind(f"{{{DATA}}}x/{{{DATA}}}field")}
    assert {"uin", "nick", "first", "last", "email"} <= fields
    address = f"{romeo.name}@{transport}"
    assert address in found(user, transport, nick=f"rom{juliet.name}")
    assert address in found(user, transport, uin=romeo.name)
    assert found(user, transport, nick="nobody-of-that-name") == []
    plain = user.ask(
        transport, "set", f"<query xmlns='{SEARCH}'><nick>rom{juliet.name}</nick></query>"
    )
    assert [item.get("jid") for item in plain.iter(f"{{{SEARCH}}}item")] == [address]


def found(user: Client, transport: str, **fields: str) -> list[str]:
    inner = "".join(
        f"<field var='{name}'><value>{value}</value></field>" for name, value in fields.items()
    )
    form = f"<x xmlns='{DATA}' type='submit'>{inner}</x>"
    answer = user.ask(transport, "set", f"<query xmlns='{SEARCH}'>{form}</query>")
    return [
        field.findtext(f"{{{DATA}}}value", "")
        for item in answer.iter(f"{{{DATA}}}item")
        for field in item
        if field.get("var") == "jid"
    ]


# Pictures (XEP-0153).


def test_their_picture(verona: OscarStage) -> None:
    juliet, romeo, contact = verona.friends(AIM)
    user = juliet.client
    romeo.announce_icon(hashlib.md5(PICTURE).digest())
    romeo.upload_icon(PICTURE)
    user.sees_presence(
        contact,
        "",
        lambda s: s.xml.findtext(HASH) == PHOTO,
    )
    card = user.ask(contact, "get", f"<vCard xmlns='{VCARD}'/>")
    data = card.findtext(f"{{{VCARD}}}vCard/{{{VCARD}}}PHOTO/{{{VCARD}}}BINVAL", "")
    assert b64decode(data) == PICTURE
    kind = card.findtext(f"{{{VCARD}}}vCard/{{{VCARD}}}PHOTO/{{{VCARD}}}TYPE", "")
    assert kind == "image/gif"
    node = "urn:xmpp:avatar:data"
    items = f"<items node='{node}'><item id='{PHOTO}'/></items>"
    pubsub = "http://jabber.org/protocol/pubsub"
    answer = user.ask(contact, "get", f"<pubsub xmlns='{pubsub}'>{items}</pubsub>")
    assert b64decode("".join(answer.itertext())) == PICTURE


class Curious(Client):
    """A client that wants to know of avatars (XEP-0163, section 4.3)."""

    def _received(self, stanza: StanzaBase) -> StanzaBase | None:  # type: ignore[override]
        xml = stanza.xml
        if xml.get("type") == "get" and xml.find(f"{{{DISCO_INFO}}}query") is not None:
            wants = "<feature var='urn:xmpp:avatar:metadata+notify'/>"
            info = f"<query xmlns='{DISCO_INFO}'>{wants}</query>"
            self.inbox.put(Stanza(xml))
            self.send(f"<iq type='result' to='{xml.get('from')}' id='{xml.get('id')}'>{info}</iq>")
            return None
        return super()._received(stanza)


def tells(stanza: Stanza, contact: str, hash: str) -> bool:
    """Of a picture, as PEP does."""
    info = stanza.xml.find("{*}event/{*}items/{*}item/{*}metadata/{*}info")
    return stanza.sender == contact and info is not None and info.get("id") == hash


def test_their_picture_is_told_to_who_wants_to_know(verona: OscarStage) -> None:
    juliet, romeo, contact = verona.friends(AIM)
    curious = verona.again(juliet.client, "curious", kind=Curious)
    curious.expect("a question", lambda s: s.has(f"{{{DISCO_INFO}}}query") and s.sender == AIM)
    curious.fence(AIM)
    romeo.announce_icon(hashlib.md5(PICTURE).digest())
    romeo.upload_icon(PICTURE)
    curious.expect("an avatar", lambda s: tells(s, contact, PHOTO))
    late = verona.again(juliet.client, "late", kind=Curious)
    late.expect("an avatar", lambda s: tells(s, contact, PHOTO))
    juliet.client.fence(contact)
    juliet.client.inbox.refuse(lambda s: tells(s, contact, PHOTO), "what it did not ask for")


def test_our_picture(verona: OscarStage) -> None:
    """A PNG, as clients publish it, which nobody on AIM could see."""
    juliet, romeo, _ = verona.friends(AIM)
    user = juliet.client
    drawn = BytesIO()
    Image.new("RGB", (240, 240), "teal").save(drawn, "PNG")
    data = b64encode(drawn.getvalue()).decode()
    photo = f"<PHOTO><TYPE>image/png</TYPE><BINVAL>{data}</BINVAL></PHOTO>"
    user.ask(user.jid, "set", f"<vCard xmlns='{VCARD}'>{photo}</vCard>")
    hash = hashlib.sha1(drawn.getvalue()).hexdigest()
    user.send(f"<presence><x xmlns='{VCARD_UPDATE}'><photo>{hash}</photo></x></presence>")
    while not (icon := romeo.wait(Arrived, name=juliet.name).icon):
        pass
    shown = Image.open(BytesIO(verona.servers.main.world.icons[icon]))
    assert (shown.format, shown.size) == ("JPEG", (100, 100))


def test_our_picture_by_pep(verona: OscarStage) -> None:
    """As a client does it that knows nothing but XEP-0084."""
    juliet, romeo, _ = verona.friends(AIM)
    drawn = BytesIO()
    Image.new("RGB", (96, 96), "navy").save(drawn, "PNG")
    data, hash = drawn.getvalue(), hashlib.sha1(drawn.getvalue()).hexdigest()
    for node, payload in (
        ("data", f"<data xmlns='urn:xmpp:avatar:data'>{b64encode(data).decode()}</data>"),
        (
            "metadata",
            f"<metadata xmlns='urn:xmpp:avatar:metadata'>"
            f"<info id='{hash}' bytes='{len(data)}' type='image/png'/></metadata>",
        ),
    ):
        published = f"<publish node='urn:xmpp:avatar:{node}'><item id='{hash}'>{payload}</item>"
        pubsub = f"<pubsub xmlns='http://jabber.org/protocol/pubsub'>{published}</publish></pubsub>"
        juliet.client.ask(juliet.client.jid, "set", pubsub)
    while not (icon := romeo.wait(Arrived, name=juliet.name).icon):
        pass
    shown = Image.open(BytesIO(verona.servers.main.world.icons[icon]))
    assert (shown.format, shown.size) == ("JPEG", (96, 96))


# Blocking.


@pytest.mark.parametrize("transport", [AIM, ICQ])
def test_blocking(verona: OscarStage, transport: str) -> None:
    juliet, romeo, contact = verona.friends(transport)
    assert "is blocked" in juliet.client.command(contact, "block")
    romeo.wait(Departed)
    listed = juliet.client.ask(transport, "get", f"<blocklist xmlns='{BLOCKING}'/>")
    assert [item.get("jid") for item in listed.iter(f"{{{BLOCKING}}}item")] == [contact]
    romeo.say(juliet.name, "Why?", store=False)
    assert "not blocked any more" in juliet.client.command(contact, "unblock")
    romeo.wait(Arrived, name=juliet.name)
    romeo.say(juliet.name, "Thank you")
    juliet.client.hears(contact, "Thank you")
    juliet.client.inbox.refuse(lambda s: s.text("body") == "Why?", "what was blocked")


@pytest.mark.parametrize("transport", [AIM, ICQ, ISD])
def test_renaming(verona: OscarStage, transport: str) -> None:
    juliet, _, contact = verona.friends(transport)
    user = juliet.client
    user.fill_in(contact, "rename", name="My <dear>", groups="Montagues")
    user.sees_presence(
        contact,
        "",
        lambda s: s.xml.findtext(NICK) == "My <dear>",
    )
    account = verona.servers.of(transport).account(juliet.name)
    assert "Montagues" in [item.name for item in account.of(1)]
