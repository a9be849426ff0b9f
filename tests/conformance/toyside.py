"""The other side of ``toynet``: people and accounts on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tests.conformance.adapter import Account, Adapter, Can, Person
from tests.conformance.irc import fresh
from tests.conformance.toynet import AWAY, Someone, ToyNet, fold
from tests.endtoend.inbox import GUARD, Inbox


@dataclass
class ToyPerson(Person):
    net: ToyNet
    someone: Someone
    patience: float
    _got: Inbox[tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self._got = Inbox(self.name, self.patience)

    @property
    def name(self) -> str:
        return self.someone.name

    # An endpoint of the network.

    def heard(self, sender: str, text: str) -> None:
        self._got.put(("heard", sender, text))

    def asked(self, name: str) -> None:
        self._got.put(("asked", name))

    def answered(self, name: str, is_granted: bool) -> None:
        self._got.put(("answered", name, str(is_granted)))

    def saw(self, name: str, show: str, words: str) -> None:
        self._got.put(("saw", name, show, words))

    # A person, as the checks play it.

    def come(self) -> None:
        self.net.log_in(self.name, self.someone.password, self)

    def go(self) -> None:
        self.net.log_out(self.someone)

    def say(self, to: str, text: str) -> None:
        self.net.say(self.someone, to, text)

    def hears(self, sender: str, text: str) -> None:
        heard = self._expect("heard", sender)
        assert heard[2] == text, f"{self.name} heard {heard[2]!r} instead of {text!r}"

    def be_away(self, words: str) -> None:
        self.net.be(self.someone, AWAY, words)

    def sees_away(self, name: str, words: str) -> None:
        self._expect("saw", name, AWAY, words)

    def add(self, name: str) -> None:
        self.net.add(self.someone, name)

    def is_asked(self, name: str) -> None:
        self._expect("asked", name)

    def answer(self, name: str, is_granted: bool) -> None:
        self.net.answer(self.someone, name, is_granted)

    def is_answered(self, name: str) -> bool:
        return self._expect("answered", name)[2] == "True"

    def _expect(self, *wanted: str) -> tuple[str, ...]:
        return self._got.expect(lambda got: got[: len(wanted)] == wanted, " ".join(wanted))


@dataclass
class ToyAdapter(Adapter):
    net: ToyNet
    patience: float = GUARD
    type: ClassVar = "xmpp"
    rooms_show: ClassVar = False
    cannot: ClassVar[Mapping[Can, str]] = {
        Can.REMOVAL: "the toy network has one client for each account",
        Can.BOUNCES: "the toy network keeps messages for those who are away",
        Can.TYPING: "the toy network does not tell who is typing",
        Can.ROOMS: "the toy network has no rooms",
        Can.ESCAPED: "all that counts of a toy name can stand in a JID",
        Can.OUTAGE: "the toy network never fails",
        Can.RESTART: "the toy gateway forgets everything when it ends",
        Can.HOST_RESTART: "the toy gateway does not connect twice",
    }
    _people: list[ToyPerson] = field(default_factory=list)

    def account(self, *contacts: Person, must_be_asked: bool = False) -> Account:
        account = Account(fresh("juliet"), fresh("pass"))
        someone = self.net.add_user(account.name, account.password, must_be_asked)
        someone.book.update(contact.name for contact in contacts)
        return account

    def protected(self) -> Account:
        return self.account()

    def refused(self) -> Account:
        return Account(self.account().name, fresh("wrong"))

    def change_password(self, account: Account) -> Account:
        changed = Account(account.name, fresh("pass"))
        self._someone(account).password = changed.password
        return changed

    def person(self, *, is_online: bool = True, must_be_asked: bool = False) -> ToyPerson:
        someone = self.net.add_user(fresh("romeo"), fresh("pass"), must_be_asked)
        person = ToyPerson(self.net, someone, self.patience)
        self._people.append(person)
        if is_online:
            person.come()
        return person

    def local(self, name: str) -> str:
        return fold(name)

    def spellings(self, name: str) -> tuple[str, ...]:
        return (name.upper(), f"{name[:2]} {name[2:]}")

    def unknown(self) -> str:
        return fresh("nobody")

    def is_online(self, account: Account) -> bool:
        return self._someone(account).endpoint is not None

    def sessions(self, account: Account) -> int:
        return int(self.is_online(account))

    def log_ins(self, account: Account) -> int:
        return self._someone(account).log_ins

    def book(self, account: Account) -> list[str]:
        return sorted(self._someone(account).book)

    def _someone(self, account: Account) -> Someone:
        someone = self.net.find(account.name)
        assert someone, f"nobody is called {account.name}"
        return someone

    def dismiss(self) -> None:
        while self._people:
            self._people.pop().go()
