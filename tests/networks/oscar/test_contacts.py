"""The address book: read, changed by us, changed by others, and who may see whom."""

import pytest

from gateway.commands import (
    AddContact,
    Authorize,
    Block,
    ChangeContact,
    ListBlocked,
    RemoveContact,
)
from gateway.errors import Reason
from gateway.fsm import Stop, Timer
from gateway.ids import PersonId, Token
from networks.oscar.contacts import NOT_A_NAME, PLEASE
from networks.oscar.news import (
    Accepted,
    Answered,
    Buddy,
    Changed,
    Declined,
    Denied,
    Denylist,
    Noticed,
    Remember,
    Removed,
    Requested,
)
from networks.oscar.state import BUSY, MAX_EDITS
from tests.networks.oscar.play import (
    GROUP,
    NURSE,
    ROMEO,
    ROOT,
    OscarPlaybook,
    info,
    item,
    online,
    reply,
    sent,
    snac,
)
from tests.servers.oscar_wire import name8, string16, tlvs, u8, u16, u32

OK, EXISTS, MUST_ASK, FULL = u16(0), u16(3), u16(0x0E), u16(0x0C)
TOKEN = Token("1")


def add(name: str, reason: str = "") -> AddContact:
    return AddContact(person=PersonId(name), reason=reason)


def change(name: str, alias: str, *groups: str) -> ChangeContact:
    return ChangeContact(person=PersonId(name), name=alias, groups=groups)


def block(name: str, is_blocked: bool = True) -> Block:
    return Block(person=PersonId(name), is_blocked=is_blocked, token=TOKEN)


def listed(play: OscarPlaybook) -> list[Buddy]:
    """The book as it is now."""
    book = play.fsm.oscar.book
    return [buddy for who in book if (buddy := book.buddy(who))]


# Adding.


def test_add() -> None:
    play = online()
    (
        play
        >> add("Count Paris")
        << sent("13/11")
        << sent("13/08", item("Count Paris", 1, 1, 0))
        >> reply("13/0e", OK)
        << sent("13/09", item("Friends", 1, 0, 1, (0xC8, u16(11) + u16(12) + u16(1))))
        >> reply("13/0e", OK)
        << Changed(Buddy("Count Paris", "", ("Friends",), False))
        << Accepted("Count Paris")
        << sent("13/12")
    ).end()


def test_add_the_first() -> None:
    play = online(items=())
    (
        play
        >> add("romeo")
        << sent("13/11")
        << sent("13/08", item("", 0, 0, 1))
        >> reply("13/0e", OK)
        << sent("13/08", item("Buddies", 1, 0, 1))
        >> reply("13/0e", OK)
        << sent("13/09", item("", 0, 0, 1, (0xC8, u16(1))))
        >> reply("13/0e", OK)
        << sent("13/08", item("romeo", 1, 1, 0))
        >> reply("13/0e", OK)
        << sent("13/09", item("Buddies", 1, 0, 1, (0xC8, u16(1))))
        >> reply("13/0e", OK)
        << Changed(Buddy("romeo", "", ("Buddies",), False))
        << Accepted("romeo")
        << sent("13/12")
    ).end()


def test_add_who_is_there_already() -> None:
    (online() >> add("ROMEO") << Accepted("ROMEO")).end()


def test_add_nobody() -> None:
    (online() >> add("") << Declined("", NOT_A_NAME)).end()
    (online() >> add("#verona") << Declined("#verona", NOT_A_NAME)).end()


def asking(reason: str = "It is me") -> OscarPlaybook:
    """100001 must be asked."""
    return (
        online("100002")
        >> add("100001", reason)
        << sent("13/11")
        << sent("13/08", item("100001", 1, 1, 0))
        >> reply("13/0e", MUST_ASK)
        << sent("13/08", item("100001", 1, 1, 0, (0x66, b"")))
        >> reply("13/0e", OK)
        << sent("13/09")
        >> reply("13/0e", OK)
        << Changed(Buddy("100001", "", ("Friends",), True))
        << sent("13/12")
        << sent("13/18", name8("100001") + string16(reason or PLEASE) + u16(0))
    )


OUT_OF_DATE = Remember("feedbag", "")
"""Servers need not give the list another version for that."""


def test_granted() -> None:
    (
        asking()
        >> snac("13/09", item("100001", 1, 1, 0))
        << Changed(Buddy("100001", "", ("Friends",), False))
        << OUT_OF_DATE
        << Accepted("100001")
        >> snac("13/1b", name8("100001") + u8(1) + string16("") + u16(0))
    ).end()


def test_granted_without_a_push() -> None:
    (
        asking("")
        >> snac("13/1b", name8("100001") + u8(1) + string16("sure"))
        << Changed(Buddy("100001", "", ("Friends",), False))
        << OUT_OF_DATE
        << Accepted("100001")
    ).end()


def test_granted_before_we_asked() -> None:
    (
        asking()
        >> snac("13/15", name8("100001") + string16("") + u16(0))
        << Changed(Buddy("100001", "", ("Friends",), False))
        << OUT_OF_DATE
        << Accepted("100001")
    ).end()
    (online() >> snac("13/15", name8("stranger") + string16("") + u16(0))).end()


def test_denied() -> None:
    (
        asking()
        >> snac("13/1b", name8("100001") + u8(0) + string16("Я занят"))
        << Declined("100001", "Я занят")
    ).end()


def test_ask_once_more() -> None:
    again = name8("100001") + string16("Please!") + u16(0)
    play = asking() >> add("100001", "Please!") >> Timer("settled")
    (play >> add("100001", "Please!") << sent("13/18", again)).end()


def test_nobody_is_asked_again_because_we_reconnect() -> None:
    waiting = item("100001", 1, 13, 0, (0x66, b""))
    play = online("100002", items=(ROOT, GROUP, waiting)) >> add("100001") >> Timer("settled")
    (play >> add("100001") << sent("13/18")).end()


def test_a_list_that_is_full() -> None:
    (
        online()
        >> add("paris")
        << sent("13/11")
        << sent("13/08")
        >> reply("13/0e", FULL)
        << Declined("paris", "The list is full.")
        << sent("13/12")
    ).end()


def test_another_client_was_faster() -> None:
    play = online() >> add("paris") << sent("13/11") << sent("13/08")
    (play >> reply("13/0e", EXISTS) << sent("13/09")).end()


def test_no_answer() -> None:
    play = (online() >> add("paris")).skip()
    play >> Timer("sweep") >> Timer("sweep") >> Timer("sweep")
    (play << Declined("paris", "The server did not answer.") << sent("13/12")).end()


# Changing.


def test_rename() -> None:
    (
        online()
        >> change("Nurse", "Angelica", "Friends")
        << sent("13/11")
        << sent("13/09", item("Nurse", 1, 12, 0, (0x131, "Angelica")))
        >> reply("13/0e", OK)
        << Changed(Buddy("Nurse", "Angelica", ("Friends",), False))
        << sent("13/12")
    ).end()


def test_rename_to_nothing() -> None:
    play = online() >> change("romeo", "")
    (play << sent("13/11") << sent("13/09", item("romeo", 1, 11, 0))).end()


def test_move() -> None:
    (
        online()
        >> change("romeo", "My Romeo", "Montagues")
        << sent("13/11")
        << sent("13/08", item("Montagues", 2, 0, 1))
        >> reply("13/0e", OK)
        << sent("13/09", item("", 0, 0, 1, (0xC8, u16(1) + u16(2))))
        >> reply("13/0e", OK)
        << sent("13/08", item("romeo", 2, 1, 0, (0x131, "My Romeo")))
        >> reply("13/0e", OK)
        << sent("13/09", item("Montagues", 2, 0, 1, (0xC8, u16(1))))
        >> reply("13/0e", OK)
        << sent("13/0a", item("romeo", 1, 11, 0, (0x131, "My Romeo")))
        >> reply("13/0e", OK)
        << sent("13/09", item("Friends", 1, 0, 1, (0xC8, u16(12))))
        >> reply("13/0e", OK)
        << Changed(Buddy("romeo", "My Romeo", ("Montagues",), False))
        << sent("13/12")
    ).end()


def test_nothing_to_change() -> None:
    (online() >> change("romeo", "My Romeo", "Friends")).end()
    (online() >> change("stranger", "X", "Friends")).end()


def test_changes_take_turns() -> None:
    """The second is planned when the first is done."""
    play = online() >> change("romeo", "A") << sent("13/11") << sent("13/09")
    play >> change("romeo", "B") >> change("romeo", "B")
    play >> reply("13/0e", OK) << Changed(Buddy("romeo", "A", ("Friends",), False))
    play << sent("13/12") << sent("13/11")
    play << sent("13/09", item("romeo", 1, 11, 0, (0x131, "B"))) >> reply("13/0e", OK)
    (play << Changed(Buddy("romeo", "B", ("Friends",), False)) << sent("13/12")).end()


def test_a_change_that_is_refused() -> None:
    (
        online()
        >> change("romeo", "A")
        << sent("13/11")
        << sent("13/09")
        >> reply("13/0e", u16(2))
        << Noticed("The contact list could not be changed (romeo): The server does not know them.")
        << sent("13/12")
    ).end()


def test_error_instead_of_a_result() -> None:
    play = online() >> change("romeo", "A") << sent("13/11") << sent("13/09")
    words = "The contact list could not be changed (romeo): The server denied it."
    (play >> reply("13/01", u16(0x0D)) << Noticed(words) << sent("13/12")).end()


def test_too_many_changes() -> None:
    play = online()
    for _ in range(MAX_EDITS):
        play >> block("paris")
        play.skip()
    (play >> block("paris") << Denied(TOKEN, Reason.TOO_MUCH, BUSY)).end()


def test_remove() -> None:
    (
        online()
        >> RemoveContact(person=PersonId("Romeo"))
        << sent("13/11")
        << sent("13/0a", ROMEO)
        >> reply("13/0e", OK)
        << sent("13/09", item("Friends", 1, 0, 1, (0xC8, u16(12))))
        >> reply("13/0e", OK)
        << sent("13/12")
        >> RemoveContact(person=PersonId("stranger"))
    ).end()


def test_out_of_all_groups() -> None:
    twice = item("romeo", 2, 13, 0)
    play = online(items=(ROOT, GROUP, ROMEO, NURSE, item("Others", 2, 0, 1), twice))
    assert listed(play)[0] == Buddy("romeo", "My Romeo", ("Friends", "Others"), False)
    play >> RemoveContact(person=PersonId("romeo"))
    play << sent("13/11") << sent("13/0a", ROMEO) >> reply("13/0e", OK) << sent("13/09")
    play >> reply("13/0e", OK) << sent("13/0a", twice) >> reply("13/0e", OK)
    (play << sent("13/12")).end()


# Blocking.


def test_who_is_blocked() -> None:
    play = online(items=(ROOT, GROUP, item("Tybalt", 0, 21, 3), item("Sampson", 0, 22, 3)))
    (play >> ListBlocked(token=TOKEN) << Denylist(TOKEN, ("Tybalt", "Sampson"))).end()


def test_nobody_is_listed_where_only_some_are_let_in() -> None:
    some = item("", 0, 23, 4, (0xCA, u8(3)))
    play = online(items=(ROOT, GROUP, some, item("Tybalt", 0, 21, 3)))
    (play >> ListBlocked(token=TOKEN) << Denylist(TOKEN, ())).end()


def test_block() -> None:
    mode = item("", 0, 2, 4, (0xCA, u8(4)), (0xCB, u32(0xFFFFFFFF)))
    (
        online()
        >> block("Paris")
        << sent("13/11")
        << sent("13/08", item("Paris", 0, 1, 3))
        >> reply("13/0e", OK)
        << sent("13/08", mode)
        >> reply("13/0e", OK)
        << Answered(TOKEN)
        << sent("13/12")
        >> block("paris")
        << Answered(TOKEN)
        >> block("paris", False)
        << sent("13/11")
        << sent("13/0a", item("Paris", 0, 1, 3))
        >> reply("13/0e", OK)
        << Answered(TOKEN)
        << sent("13/12")
    ).end()


def test_block_by_not_permitting() -> None:
    play = online(items=(item("", 0, 5, 4, (0xCA, u8(3))), item("paris", 0, 6, 2)))
    play >> block("paris") << sent("13/11") << sent("13/0a", item("paris", 0, 6, 2))
    play >> reply("13/0e", OK) << Answered(TOKEN) << sent("13/12")
    play >> block("nurse", False) << sent("13/11") << sent("13/08", item("nurse", 0, 1, 2))
    (play >> reply("13/0e", OK) << Answered(TOKEN) << sent("13/12")).end()


def test_block_where_everybody_is_let_through() -> None:
    play = online(items=(item("", 0, 5, 4, (0xCA, u8(1))),)) >> block("paris")
    play << sent("13/11") << sent("13/08", item("paris", 0, 1, 3)) >> reply("13/0e", OK)
    mode = item("", 0, 5, 4, (0xCA, u8(4)), (0xCB, u32(0xFFFFFFFF)))
    (play << sent("13/09", mode)).end()


def test_block_refused() -> None:
    play = (online() >> block("juliet")).skip() >> reply("13/01", u16(0x08))
    words = "The server does not support that."
    (play << Denied(TOKEN, Reason.NOT_SUPPORTED, words) << sent("13/12")).end()
    (online() >> block("") << Denied(TOKEN, Reason.NOT_FOUND, NOT_A_NAME)).end()


# Changed by other clients.


def test_pushed() -> None:
    (
        online()
        >> snac("13/11")
        >> snac("13/08", item("paris", 1, 0x8001, 0))
        << Changed(Buddy("paris", "", ("Friends",), False))
        >> snac("13/09", item("paris", 1, 0x8001, 0, (0x131, "Count")))
        << Changed(Buddy("paris", "Count", ("Friends",), False))
        >> snac("13/09", item("Guests", 1, 0, 1))
        << Changed(Buddy("Nurse", "", ("Guests",), False))
        << Changed(Buddy("paris", "Count", ("Guests",), False))
        << Changed(Buddy("romeo", "My Romeo", ("Guests",), False))
        >> snac("13/0a", item("paris", 1, 0x8001, 0) + ROMEO)
        << Removed("paris")
        << Removed("romeo")
        >> snac("13/0a", ROMEO)
        >> snac("13/08", item("", 0, 9, 5))
        >> snac("13/12")
    ).end()


def test_an_item_that_becomes_another() -> None:
    play = online() >> snac("13/09", item("mercutio", 1, 11, 0))
    (play << Changed(Buddy("mercutio", "", ("Friends",), False)) << Removed("romeo")).end()


def test_names_as_their_owners_write_them() -> None:
    play = (online() >> snac("03/0b", info("R o m e o"))).skip()
    play >> change("romeo", "") << sent("13/11") << sent("13/09", item("romeo", 1, 11, 0))
    play >> reply("13/0e", OK) << Changed(Buddy("R o m e o", "", ("Friends",), False))
    (play << sent("13/12")).end()


# They ask us.


def test_asked() -> None:
    (
        online("100002")
        >> snac("13/19", name8("100001") + string16("let me") + u16(0))
        << Requested("100001", "let me")
        >> Authorize(person=PersonId("100001"), is_granted=True)
        << sent("13/1a", name8("100001") + u8(1) + string16("") + u16(0))
        >> Authorize(person=PersonId("100001"), is_granted=False, reason="no")
        << sent("13/1a", name8("100001") + u8(0) + string16("no") + u16(0))
    ).end()


@pytest.mark.parametrize(("is_granted", "kind"), [(True, 8), (False, 7)])
def test_asked_by_a_client_without_address_book(is_granted: bool, kind: int) -> None:
    text = b"nick\xfefirst\xfelast\xfemail\xfe1\xfelet me"
    body = (100001).to_bytes(4, "little") + b"\6\0" + (len(text) + 1).to_bytes(2, "little")
    message = b"12345678" + u16(4) + info("100001") + tlvs((0x05, body + text + b"\0"))
    play = online("100002") >> snac("04/07", message) << Requested("100001", "let me")
    play >> Authorize(person=PersonId("100001"), is_granted=is_granted) << sent("04/06")
    said = play.fields("04/06", skip=8 + 2 + 7)[0x05]
    assert said[:6] == (100002).to_bytes(4, "little") + bytes([kind, 0])
    play >> Authorize(person=PersonId("100001"), is_granted=is_granted) << sent("13/1a")


def test_added_us() -> None:
    (
        online("100002")
        >> snac("13/1c", name8("100001") + u16(0))
        << Noticed("100001 has added you to their contact list.")
    ).end()


def test_reasons_that_cannot_be_read() -> None:
    (
        online("100002")
        >> snac("13/19", name8("100001"))
        << Requested("100001", "")
        >> snac("13/19", b"\xff100001")
    ).end()


def test_end_in_the_middle() -> None:
    play = online() >> block("paris")
    play.skip()
    play >> snac("01/12")
    assert play.done[0].news == Denied(TOKEN, Reason.TIMEOUT, "The server asks to sign on anew.")
    assert play.done[-1] == Stop()
