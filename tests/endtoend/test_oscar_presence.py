"""Who is there and how, on AIM and ICQ."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gateway.trial.people import Stanza
from tests.endtoend.oscar_rig import AIM, ICQ, ISD, OscarStage
from tests.servers.oscar import Arrived, Departed, Info

IDLE = "urn:xmpp:idle:1"

AWAY, NA, DND, OCCUPIED, FREE = 0x01, 0x05, 0x13, 0x11, 0x20

INVISIBLE = 0x100


def shows(show: str | None, status: str | None = None) -> Callable[[Stanza], bool]:
    return lambda s: (s.text("show"), s.text("status")) == (show, status)


def test_theirs_on_aim(verona: OscarStage) -> None:
    juliet, romeo, contact = verona.friends(AIM)
    user = juliet.client
    romeo.away("<HTML><B>gone</B> &lt;fishing&gt; &amp; more</HTML>")
    away = user.sees_presence(contact, "", lambda s: bool(s.text("status")))
    assert away.text("show") == "away"
    assert away.text("status") == "*gone* <fishing> & more"
    romeo.back()
    user.sees_presence(contact, "", shows(None))
    romeo.idle(3600)
    idle = user.sees_presence(contact, "", lambda s: s.has(f"{{{IDLE}}}idle"))
    assert abs(datetime.now(UTC) - timedelta(hours=1) - idle_since(idle)) < timedelta(minutes=2)
    romeo.idle(0)
    user.sees_presence(contact, "", lambda s: not s.has(f"{{{IDLE}}}idle"))
    romeo.status(INVISIBLE)
    user.sees_presence(contact, "unavailable")
    romeo.status(0)
    user.sees_presence(contact)
    romeo.sign_off()
    user.sees_presence(contact, "unavailable")


def idle_since(stanza: Stanza) -> datetime:
    idle = stanza.xml.find(f"{{{IDLE}}}idle")
    assert idle is not None
    return datetime.fromisoformat(idle.get("since", "").replace("Z", "+00:00"))


def test_ours_on_aim(verona: OscarStage) -> None:
    juliet, romeo, _ = verona.friends(AIM)
    user = juliet.client
    user.presence(show="away", status="Asleep & <dreaming>")
    romeo.wait(Arrived, name=juliet.name, away=True)
    romeo.fetch_info(juliet.name)
    assert "Asleep &amp; &lt;dreaming&gt;" in romeo.wait(Info).away
    user.presence()
    romeo.wait(Arrived, name=juliet.name, away=False)
    since = f"{datetime.now(UTC) - timedelta(minutes=7, seconds=30):%Y-%m-%dT%H:%M:%SZ}"
    user.send(f"<presence><idle xmlns='{IDLE}' since='{since}'/></presence>")
    romeo.wait(Arrived, name=juliet.name, away=False, idle=7)
    user.presence()
    romeo.wait(Arrived, name=juliet.name, away=False, idle=0)
    phone = verona.again(user, "phone", available=False)
    phone.send("<presence><show>dnd</show><priority>5</priority></presence>")
    romeo.wait(Arrived, name=juliet.name, away=True)
    phone.presence(type="unavailable")
    romeo.wait(Arrived, name=juliet.name, away=False)


def test_looking_offline(verona: OscarStage) -> None:
    """Set and shown by chat; also after the next log-in, until it is taken back."""
    juliet, romeo, _ = verona.friends(AIM)
    user = juliet.client

    def answers(said: str, word: str) -> None:
        user.say(AIM, said)
        user.expect(word, lambda s: s.sender == AIM and word in (s.text("body") or ""))

    answers("contacts", "online")
    answers("set invisible yes", "invisible: yes")
    romeo.wait(Departed, name=juliet.name)
    user.inbox.clear()
    answers("reconnect", "anew")
    user.sees_presence(AIM, "unavailable")
    user.sees_presence(AIM)
    answers("status", "look offline")
    answers("set invisible no", "invisible: no")
    romeo.wait(Arrived, name=juliet.name)


@pytest.mark.parametrize("transport", [ICQ, ISD])
def test_theirs_on_icq(verona: OscarStage, transport: str) -> None:
    juliet, romeo, contact = verona.friends(transport)
    for status, show, words in (
        (AWAY, "away", None),
        (NA, "xa", "Not available"),
        (OCCUPIED, "dnd", "Occupied"),
        (DND, "dnd", "Do not disturb"),
        (FREE, "chat", None),
        (0, None, None),
    ):
        romeo.status(status)
        juliet.client.sees_presence(contact, "", shows(show, words))
    romeo.sign_off()
    juliet.client.sees_presence(contact, "unavailable")


@pytest.mark.parametrize("transport", [ICQ, ISD])
def test_ours_on_icq(verona: OscarStage, transport: str) -> None:
    juliet, romeo, _ = verona.friends(transport)
    for show, status in (("away", AWAY), ("xa", NA), ("dnd", DND), ("chat", FREE), (None, 0)):
        juliet.client.presence(show=show)
        while romeo.wait(Arrived, name=juliet.name).status & 0xFFFF != status:
            pass
