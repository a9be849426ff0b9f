"""The address book and the lists, as they are fetched, announced and told at log-in."""

from collections.abc import Callable

import pytest

from networks.msn.news import Appeared, Listed, Requested
from tests.networks.msn.play import (
    BOB,
    ME,
    Answer,
    MsnPlaybook,
    asked,
    book,
    contact,
    fault,
    listing,
    made,
    members,
    online,
    recorded,
    result,
)


def test_recorded_lists() -> None:
    play = (
        listing()
        >> recorded("login_chat", "FindMembership")
        << asked("ABFindContactsPaged")
        >> recorded("login_chat", "ABFindContactsPaged")
    )
    [listed] = play.told(Listed)
    assert {buddy.who for buddy in listed.buddies} == {BOB, "carol@example.com"}


def test_names_are_known_before_anybody_comes() -> None:
    play = (
        listing()
        >> members()
        << asked("ABFindContactsPaged")
        >> recorded("login_chat", "ABFindContactsPaged")
    )
    assert play.told(Appeared) == [
        Appeared(BOB, "Bob B", None),
        Appeared("carol@example.com", "Carol C", None),
    ]


def test_server_without_pages() -> None:
    play = (
        listing()
        >> members()
        << asked("ABFindContactsPaged")
        >> fault("Forbidden")
        << asked("ABFindAll")
        >> recorded("login_chat", "ABFindAll")
    )
    [listed] = play.told(Listed)
    assert {buddy.who for buddy in listed.buddies} == {BOB, "carol@example.com"}


NO_BOOK = fault("ABDoesNotExist")


@pytest.mark.parametrize(
    "begun",
    [
        lambda: listing() >> NO_BOOK,
        lambda: listing() >> members() << asked("ABFindContactsPaged") >> NO_BOOK,
    ],
    ids=["no members", "no contacts"],
)
def test_account_without_a_book(begun: Callable[[], MsnPlaybook]) -> None:
    play = (
        begun()
        << asked("ABAdd", ME)
        >> made("0")
        << asked("FindMembership")
        >> members()
        << asked("ABFindContactsPaged")
        >> book()
    )
    assert play.told(Listed) == [Listed(())]


def test_several_pages() -> None:
    def page(address: str, cursor: str) -> Answer:
        inside = f"<Contacts>{contact(address)}</Contacts>"
        inside += f"<PageContext><Cursor>{cursor}</Cursor></PageContext>"
        return result(
            "ABFindContactsPaged",
            f"<ABFindContactsPagedResult>{inside}</ABFindContactsPagedResult>",
        )

    play = (
        listing()
        >> members()
        << asked("ABFindContactsPaged")
        >> page(BOB, "next")
        << asked("ABFindContactsPaged", "<Cursor>next<")
        >> page("carol@example.com", "")
    )
    [listed] = play.told(Listed)
    assert [buddy.who for buddy in listed.buddies] == [BOB, "carol@example.com"]


def test_many_contacts_are_listed_in_pieces() -> None:
    many = [f"contact.number.{number}@example.com" for number in range(301)]
    play = listing() >> members(Allow=tuple(many)) << asked("ABFindContactsPaged")
    play = play >> book(*map(contact, many))
    payloads = [
        effect.frame.payload
        for effect in play.done
        if getattr(effect, "frame", 0) and effect.frame.verb == "ADL"
    ]
    assert len(payloads) > 2
    assert max(map(len, payloads)) <= 7500
    assert sum(payload.count(b"<c ") for payload in payloads) == 301


def test_who_was_answered_does_not_ask_again() -> None:
    roles = {"Pending": (BOB, "dave@example.com", "eve@example.com"), "Block": ("eve@example.com",)}
    play = online(members(Allow=(BOB,), **roles))
    assert not play.fsm.msn.waiting
    play = listing() >> members(Allow=(BOB,), **roles) << asked("ABFindContactsPaged") >> book()
    assert play.told(Requested) == [Requested("dave@example.com", "")]
