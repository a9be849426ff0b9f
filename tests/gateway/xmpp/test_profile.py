"""https://xmpp.org/extensions/xep-0050.html: the command that changes one's profile"""

from dataclasses import replace

import pytest

from gateway.commands import FetchProfile, SetProfile
from gateway.errors import CommandRefused, Reason
from gateway.events import ProfileFetched
from gateway.ids import PersonId
from gateway.network import Field, FieldKind, Kind
from gateway.xmpp.adhoc import COMMANDS
from gateway.xmpp.commands import offered
from networks.irc import NETWORK
from tests.gateway.xmpp.asking import DOMAIN, TOKEN, User, refusal, transport
from tests.gateway.xmpp.test_person_commands import C, run, values

ME = PersonId("Juliet")
FIELDS = (
    Field(name="nick", label="Nickname"),
    Field(name="notes", label="About", kind=FieldKind.LONG),
)
TELLING = replace(NETWORK, commands=NETWORK.commands | {SetProfile}, profile=FIELDS)


def juliet(told: ProfileFetched | CommandRefused) -> User:
    made = User(transport(network=TELLING), "")
    made.only.answers[FetchProfile] = lambda _: told
    return made


def known(*fields: tuple[str, str]) -> ProfileFetched:
    return ProfileFetched(token=TOKEN, person=ME, fields=fields)


def test_only_where_the_network_has_one() -> None:
    assert "profile" not in offered(Kind.SERVER, NETWORK)
    assert "profile" in offered(Kind.SERVER, TELLING)
    assert "profile" not in offered(Kind.PERSON, TELLING)


def test_filled_in_with_what_is_there_and_saved() -> None:
    user = juliet(known(("Nickname", "Jule"), ("Age", "13"), ("About", "O\nRomeo")))
    shown = run(user, "profile", DOMAIN)
    assert shown.get("status") == "executing"
    assert values(shown) == {"nick": ["Jule"], "notes": ["O", "Romeo"]}
    assert user.only.asked == [FetchProfile(person=ME, token=TOKEN)]
    done = run(user, "profile", DOMAIN, shown.get("sessionid", ""), nick="Juliet", notes="O")
    assert (done.get("status"), done.findtext(f"{C}note")) == (
        "completed",
        "Your profile is saved.",
    )
    fields = (("nick", "Juliet"), ("notes", "O"))
    assert user.only.asked[1:] == [SetProfile(fields=fields, token=TOKEN)]


def test_nothing_is_there_yet() -> None:
    shown = run(juliet(CommandRefused(Reason.NOT_FOUND, "Nobody.")), "profile", DOMAIN)
    assert [value for found in values(shown).values() for value in found if value] == []


@pytest.mark.parametrize("reason", [Reason.UNAVAILABLE, Reason.TIMEOUT])
def test_nothing_is_offered_when_something_could_be_lost(reason: Reason) -> None:
    user = juliet(CommandRefused(reason, "Not now."))
    assert refusal(lambda: run(user, "profile", DOMAIN)).reason is reason


def test_what_the_network_refuses_can_be_corrected() -> None:
    user = juliet(known())
    user.only.answers[SetProfile] = lambda _: CommandRefused(Reason.NOT_ACCEPTABLE, "Too long.")
    shown = run(user, "profile", DOMAIN)
    again = run(user, "profile", DOMAIN, shown.get("sessionid", ""), nick="J" * 300, notes="")
    assert again.get("status") == "executing"
    assert "Too long." in "".join(again.itertext())
    assert f"{{{COMMANDS}}}command" == again.tag
