"""AIM and ICQ, on the strict server of ``tests/servers/oscar.py``."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tests.conformance.adapter import Account, Adapter, Can, Person
from tests.conformance.irc import fresh
from tests.endtoend.inbox import GUARD
from tests.endtoend.rig import secret, until
from tests.servers import oscar as server
from tests.servers.oscar import Item, Oscar
from tests.servers.oscar_users import ident

TAGS = re.compile(r"<[^>]*>")
"""AIM's messages are HTML."""

KEEPS = "OSCAR keeps messages for those who are away"

_uins = itertools.count(300_001)


@dataclass
class OscarPerson(Person):
    played: server.Person
    is_icq: bool
    patience: float

    @property
    def name(self) -> str:
        return self.played.name

    def come(self) -> None:
        self.played.sign_on()
        self.played.fetch_offline()

    def go(self) -> None:
        self.played.sign_off()

    # Messages.

    def say(self, to: str, text: str) -> None:
        self.played.say(to, text)

    def hears(self, sender: str, text: str) -> None:
        heard = self.played.wait(server.Heard, self.patience)
        assert (ident(heard.sender), TAGS.sub("", heard.text)) == (ident(sender), text), heard

    def sees_typing(self, name: str) -> None:
        assert ident(self.played.wait(server.Typed, self.patience).sender) == ident(name)

    # Presence.

    def be_away(self, words: str) -> None:
        if self.is_icq:
            self.played.status(1)
        else:
            self.played.away(words)

    def sees_away(self, name: str, words: str) -> None:
        """ICQ has no words."""

        def is_away() -> bool:
            seen = self.played.wait(server.Arrived, self.patience, name=name)
            return bool(seen.status & 1) if self.is_icq else seen.away

        until(is_away, f"{name} to be away", self.patience)

    # Contacts.

    def add(self, name: str) -> None:
        self.played.add(name, awaiting=self.is_icq)
        if self.is_icq:
            self.played.ask(name, "It is I")

    def is_asked(self, name: str) -> None:
        self.played.wait(server.Asked, self.patience, name=name)

    def answer(self, name: str, is_granted: bool) -> None:
        self.played.authorise(name, is_granted)

    def is_answered(self, name: str) -> bool:
        return self.played.wait(server.Answered, self.patience, name=name).granted

    # Rooms.

    def join(self, room: str) -> None:
        self.played.join(room)

    def say_in(self, room: str, text: str) -> None:
        self.played.say_in(room, text)

    def hears_in(self, room: str, sender: str, text: str) -> None:
        said = self.played.wait(server.Said, self.patience, room=room, sender=sender)
        assert TAGS.sub("", said.text) == text

    def sees_leave(self, room: str, name: str) -> None:
        self.played.wait(server.Left, self.patience, room=room, name=name)


@dataclass
class OscarNetwork(Adapter):
    """What AIM and ICQ share."""

    server: Oscar
    patience: float = GUARD
    is_icq: ClassVar[bool]
    rooms_show: ClassVar = False
    _people: list[OscarPerson] = field(default_factory=list)

    def account(self, *contacts: Person, must_be_asked: bool = False) -> Account:
        account = Account(self._new_name("juliet"), secret("p")[:8])
        names = [contact.name for contact in contacts]
        self.server.add_user(
            account.name, account.password, authorise=must_be_asked, items=_book(names)
        )
        return account

    def protected(self) -> Account:
        return self.account()

    def _new_name(self, name: str) -> str:
        return str(next(_uins)) if self.is_icq else fresh(name)

    def refused(self) -> Account:
        return Account(self.account().name, secret("x")[:8])

    def change_password(self, account: Account) -> Account:
        changed = Account(account.name, secret("p")[:8])
        self.server.account(account.name).password = changed.password
        return changed

    def person(self, *, is_online: bool = True, must_be_asked: bool = False) -> OscarPerson:
        name = self._new_name("romeo")
        self.server.add_user(name, authorise=must_be_asked)
        return self._play(name, is_online)

    def _elsewhere(self, account: Account) -> OscarPerson:
        """Another client of the account: two at a time are no mistake here."""
        was_online = self.server.is_online(account.name)
        person = self._play(account.name, True)
        if was_online:
            self.server.overlaps.remove(account.name)
        return person

    def _play(self, name: str, is_online: bool) -> OscarPerson:
        person = OscarPerson(self.server.user(name), self.is_icq, self.patience)
        self._people.append(person)
        if is_online:
            person.come()
        return person

    def local(self, name: str) -> str:
        return ident(name)

    def room(self, name: str) -> str:
        return f"#{name}"

    def spellings(self, name: str) -> tuple[str, ...]:
        return (name.upper(), f"{name[:3]} {name[3:]}")

    def unknown(self) -> str:
        return fresh("nobody")

    def is_online(self, account: Account) -> bool:
        return self.server.is_online(account.name)

    def sessions(self, account: Account) -> int:
        """Counts who was logged in twice, be it for a moment."""
        now = len(self.server.world.online(self.server.account(account.name)))
        return now + self.server.overlaps.count(account.name)

    def log_ins(self, account: Account) -> int:
        return self.server.world.log_ins.count(ident(account.name))

    def book(self, account: Account) -> list[str]:
        return [ident(name) for name in self.server.contacts(account.name)]

    def remove(self, account: Account, person: Person) -> None:
        self._elsewhere(account).played.remove(person.name)

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server.start()

    def dismiss(self) -> None:
        while self._people:
            self._people.pop().go()


class Aim(OscarNetwork):
    type = "aim"
    is_icq = False
    cannot: ClassVar[Mapping[Can, str]] = {
        Can.CONSENT: "AIM asks nobody who wants to be seen by whom",
        Can.ESCAPED: "all that counts of a screen name can stand in a JID",
        Can.BOUNCES: KEEPS,
    }


class Icq(OscarNetwork):
    type = "icq"
    is_icq = True
    cannot: ClassVar[Mapping[Can, str]] = {
        Can.ROOMS: "ICQ has no rooms",
        Can.ESCAPED: "ICQ's names are numbers",
        Can.BOUNCES: KEEPS,
    }

    def spellings(self, name: str) -> tuple[str, ...]:
        return (f"{name[:3]}-{name[3:]}", f" {name} ")

    def unknown(self) -> str:
        return "999999999"


def _book(names: list[str]) -> tuple[Item, ...]:
    buddies = [Item(name, 1, number, 0) for number, name in enumerate(names, 1)]
    return (Item("", 0, 0, 1), Item("Capulets", 1, 0, 1), *buddies) if names else ()
