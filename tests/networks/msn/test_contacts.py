"""The address book, who may see us, and who asks to."""

from typing import Any

import pytest

from gateway.commands import AddContact, Authorize, Block, ChangeContact, ListBlocked, RemoveContact
from gateway.errors import Reason
from gateway.ids import PersonId, Token
from networks.msn.news import (
    Accepted,
    Answered,
    Blocklist,
    Buddy,
    Changed,
    Declined,
    Denied,
    Noticed,
    Requested,
)
from networks.msn.services import MAX_ERRANDS
from networks.msn.state import BUSY, NOBODY, ONESELF
from tests.networks.msn.play import (
    BOB,
    DONE,
    ME,
    Answer,
    asked,
    book,
    contact,
    fault,
    group,
    made,
    members,
    online,
    result,
)

DAVE = "dave@example.com"


def listed(lists: int, who: str = DAVE) -> str:
    name, _, domain = who.partition("@")
    return f'<ml><d n="{domain}"><c n="{name}" l="{lists}" t="1"/></d></ml>'


def add(who: str = DAVE, reason: str = "") -> AddContact:
    return AddContact(person=PersonId(who), reason=reason)


def change(name: str, *groups: str) -> ChangeContact:
    return ChangeContact(person=PersonId(BOB), name=name, groups=groups)


def block(is_blocked: bool, who: str = BOB) -> Block:
    return Block(person=PersonId(who), is_blocked=is_blocked, token=Token("1"))


# Adding and removing.


def test_adding() -> None:
    (
        online()
        >> add(reason="Hello <there>")
        << asked("ABContactAdd", f"<passportName>{DAVE}<", "Hello &lt;there&gt;")
        >> made("id-dave")
        << Changed(Buddy(DAVE, "", ()))
        << f"ADL 10\n{listed(1)}"
        << Accepted(DAVE)
        << asked("AddMember", "<MemberRole>Allow<", DAVE)
        >> DONE
        << f"ADL 11\n{listed(2)}"
        >> "ADL 10 OK"
        >> add()
        << Accepted(DAVE)
    ).end()


def test_adding_who_is_allowed_already() -> None:
    (
        (online(members(Allow=(DAVE,))) >> add()).skip()
        >> made("id-dave")
        << Changed(Buddy(DAVE, "", ()))
        << f"ADL 10\n{listed(1)}"
        << Accepted(DAVE)
    ).end()


def test_adding_who_is_blocked() -> None:
    """They stay so."""
    play = (online(members(Block=(DAVE,))) >> add()).skip() >> made("id-dave")
    assert play.told(Accepted)
    assert play.fetches[-1].name == "ABContactAdd"


def test_adding_whom_another_client_has_added() -> None:
    (
        online()
        >> add()
        << asked("ABContactAdd")
        >> fault("ContactAlreadyExists", "<conflictObjectId>id-dave</conflictObjectId>")
        << Changed(Buddy(DAVE, "", ()))
        << "ADL 10\n" + listed(1)
        << Accepted(DAVE)
        << asked("AddMember", "Allow")
    ).end()


def test_adding_somebody_of_yahoo() -> None:
    (
        online()
        >> add()
        << asked("ABContactAdd", "<passportName>")
        >> fault("EmailDomainIsFederated")
        << asked("ABContactAdd", f"<email>{DAVE}<")
        >> made("id-dave")
        << Changed(Buddy(DAVE, "", ()))
        << "ADL 10\n" + listed(1).replace('t="1"', 't="32"')
        << Accepted(DAVE)
        << asked("AddMember", "EmailMember", "32:")
    ).end()


@pytest.mark.parametrize(
    ("who", "detail"), [("dave", NOBODY), (ME, ONESELF), ("Alice@Example.com", ONESELF)]
)
def test_who_cannot_be_added(who: str, detail: str) -> None:
    play = online() >> add(who)
    assert [news.detail for news in play.told(Declined)] == [detail]


def test_nobody_has_that_address() -> None:
    play = online() >> add() << asked("ABContactAdd") >> fault("InvalidPassportUser")
    (play << Declined(DAVE, "There is no such account.")).end()


def test_no_answer() -> None:
    play = online() >> add() << asked("ABContactAdd") >> Answer(b"", failure="too late")
    (play << Declined(DAVE, "too late")).end()


def test_removing() -> None:
    (
        online()
        >> RemoveContact(person=PersonId(BOB))
        << asked("ABContactDelete", f"id-{BOB}")
        >> DONE
        << f"RML 10\n{listed(1, BOB)}"
        >> RemoveContact(person=PersonId(BOB))
    ).end()


def test_removing_who_is_gone() -> None:
    play = (online() >> RemoveContact(person=PersonId(BOB))).skip() >> fault("ContactDoesNotExist")
    (play << f"RML 10\n{listed(1, BOB)}").end()


# Names and groups.


def test_name_and_groups() -> None:
    friends = group("g1", "Friends"), group("g2", "Work")
    (
        online(pages=book(contact(BOB, groups=("g1",)), groups=friends))
        >> change("Bobby", "Work", "New", " ", "Work")
        << asked("ABContactUpdate", "<Value>Bobby<", f"id-{BOB}")
        >> DONE
        << asked("ABGroupAdd", "<name>New<")
        >> made("g3")
        << asked("ABGroupContact", "ABGroupContactDelete", "<guid>g1<")
        >> DONE
        << asked("ABGroupContact", "ABGroupContactAdd", "<guid>g2<")
        >> DONE
        << asked("ABGroupContact", "ABGroupContactAdd", "<guid>g3<")
        >> DONE
        << Changed(Buddy(BOB, "Bobby", ("Work", "New")))
        << asked("ABGroupDelete", "<guid>g1<")
        >> DONE
        >> change("Bobby", "New", "Work")
        << Changed(Buddy(BOB, "Bobby", ("New", "Work")))
    ).end()


def test_group_that_others_are_in() -> None:
    friends = contact(BOB, groups=("g1",)), contact(DAVE, groups=("g1",))
    (
        (online(pages=book(*friends, groups=(group("g1", "Friends"),))) >> change("")).skip()
        >> DONE
        << Changed(Buddy(BOB, "", ()))
    ).end()


def test_name_of_nobody() -> None:
    unknown = ChangeContact(person=PersonId(DAVE), name="D", groups=())
    (online() >> unknown).end()


def test_change_that_is_refused() -> None:
    play = (online() >> change("", "x" * 500)).skip() >> fault("BadArgumentLength")
    words = "The name of the group is too long."
    (play << Noticed(f"The contact list could not be changed ({BOB}): {words}")).end()


def test_changes_wait_for_each_other() -> None:
    play = online() >> add() << asked("ABContactAdd") >> change("Bobby")
    play.end()
    play = (play >> fault("InvalidPassportUser")) << asked("ABContactUpdate")
    (play << Declined(DAVE, "There is no such account.")).end()


def test_too_many_changes() -> None:
    play = online()
    for _ in range(MAX_ERRANDS):
        play = (play >> change("Bobby")).skip()
    play = play >> block(True)
    (play << Denied(Token("1"), Reason.TOO_MUCH, BUSY)).end()


# Blocking.


def test_block_and_unblock() -> None:
    (
        online()
        >> block(True)
        << asked("DeleteMember", "<MemberRole>Allow<", BOB)
        >> DONE
        << f"RML 10\n{listed(2, BOB)}"
        << asked("AddMember", "<MemberRole>Block<", BOB)
        >> DONE
        << f"ADL 11\n{listed(4, BOB)}"
        << Answered(Token("1"))
        >> block(True)
        << Answered(Token("1"))
        >> block(False)
        << asked("DeleteMember", "<MemberRole>Block<")
        >> fault("MemberDoesNotExist")
        << f"RML 12\n{listed(4, BOB)}"
        << asked("AddMember", "<MemberRole>Allow<")
        >> fault("MemberAlreadyExists")
        << f"ADL 13\n{listed(2, BOB)}"
        << Answered(Token("1"))
    ).end()


def test_who_is_blocked() -> None:
    play = online(members(Block=(BOB, DAVE)))
    (play >> ListBlocked(token=Token("1")) << Blocklist(Token("1"), (BOB, DAVE))).end()


def test_block_nobody() -> None:
    (online() >> block(True, "bob") << Denied(Token("1"), Reason.NOT_FOUND, NOBODY)).end()
    (online() >> block(True, ME) << Denied(Token("1"), Reason.NOT_ALLOWED, ONESELF)).end()
    play = (online() >> block(True, DAVE)).skip() >> fault("UserDoesNotExist")
    (play << Denied(Token("1"), Reason.NOT_FOUND, "There is no such account.")).end()


# Who asks.


def theirs(lists: int, more: str = "") -> str:
    return f'<ml><d n="example.com"><c n="dave" t="1" l="{lists}"{more} /></d></ml>'


def test_asked_and_accepted() -> None:
    (
        online()
        >> "ADL 0\n" + theirs(8, ' f="Dave%20%C3%A9"')
        << Requested(DAVE, "Dave é")
        >> Authorize(person=PersonId(DAVE), is_granted=True)
        << asked("AddMember", "<MemberRole>Allow<")
        >> DONE
        << f"ADL 10\n{listed(2)}"
        << asked("DeleteMember", "<MemberRole>Pending<")
        >> DONE
        >> f"ADL 0\n{theirs(8)}"
    ).end()


def test_asked_and_refused() -> None:
    (
        (online() >> f"ADL 0\n{theirs(8)}").skip()
        >> Authorize(person=PersonId(DAVE), is_granted=False)
        << asked("AddMember", "<MemberRole>Block<")
        >> DONE
        << f"ADL 10\n{listed(4)}"
        << asked("DeleteMember", "<MemberRole>Pending<")
        >> DONE
    ).end()


def test_who_is_allowed_need_not_ask() -> None:
    who = theirs(8).replace("dave", "bob")
    (online() >> f"ADL 0\n{who}").end()


def test_they_think_better_of_it() -> None:
    play = (online() >> f"ADL 0\n{theirs(8)}").skip()
    (play >> f"RML 0\n{theirs(8)}").end()
    assert not any(DAVE in people for people in play.fsm.msn.book.members.values())


@pytest.mark.parametrize("payload", ["", "<ml>", "<ml><d n='x'><c n='' l='8'/></d></ml>", "x"])
def test_lists_that_make_no_sense(payload: str) -> None:
    (online() >> f"ADL 0\n{payload}" >> f"RML 0\n{payload}").end()


def test_own_lists_come_back() -> None:
    """As FL or AL; nobody asks anything."""
    (online() >> f"ADL 0\n{theirs(3)}").end()


def test_members_of_a_damaged_answer() -> None:
    play: Any = (online() >> add()).skip() >> result("ABContactAdd")
    (play << Declined(DAVE, "The server's answer cannot be understood.")).end()
