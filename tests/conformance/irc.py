"""Any IRC server as the other side: https://modern.ircdocs.horse/

It keeps no address book and knows no consent; people come and go, write, and meet in channels.
``Irc`` needs nothing but an address, so it serves with foreign gateways; the others are servers
that we started.
"""

import contextlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tests.conformance.adapter import Account, Adapter, Can, Person
from tests.endtoend.inbox import GUARD
from tests.endtoend.peer import LOOPBACK, Peer, is_from
from tests.endtoend.rig import secret, until
from tests.servers.inspircd import Inspircd
from tests.servers.ngircd import Ngircd

NO_BOOK = "IRC has no address book"
NO_CONSENT = "IRC asks nobody who wants to be seen by whom"
NO_ACCOUNTS = "this IRC server knows no accounts"
NOT_OURS = "this IRC server is not ours to stop"

CAPABILITIES = ("away-notify", "message-tags")
"""What people here tell, and are told."""

RENAMED = "_"
"""Behind the nick of who logs in a second time."""


def fresh(name: str) -> str:
    """A name that nobody has: servers and gateways may remember those of the last run."""
    return f"{name}{secrets.token_hex(3)}"


class IrcPerson(Person):
    def __init__(self, host: str, port: int, name: str, patience: float) -> None:
        self._name = name
        self._at = host, port
        self._patience = patience
        self._peer: Peer | None = None

    @property
    def name(self) -> str:
        return self._name

    def come(self) -> None:
        host, port = self._at
        self._peer = Peer(self.name, port, *CAPABILITIES, host=host, patience=self._patience)

    def go(self) -> None:
        if self._peer:
            self._peer.close()
            self._peer = None

    @property
    def peer(self) -> Peer:
        assert self._peer, f"{self.name} is not on IRC"
        return self._peer

    # Messages.

    def say(self, to: str, text: str) -> None:
        self.peer.say(to, text)

    def hears(self, sender: str, text: str) -> None:
        line = self.peer.expect(sender, "PRIVMSG")
        heard = re.sub("^@[^ ]* ", "", line).partition(" :")[2]
        assert heard == text, f"{self.name} heard {heard!r} instead of {text!r}"

    def sees_typing(self, name: str) -> None:
        self.peer.expect(name, "TAGMSG")

    # Presence.

    def be_away(self, words: str) -> None:
        self.peer.send(f"AWAY :{words}")

    def sees_away(self, name: str, words: str) -> None:
        until(lambda: words in self._away(name), f"{name} to be away", self._patience)

    def _away(self, name: str) -> str:
        self.peer.send(f"WHOIS {name}")
        self.peer.numeric("318", name)
        lines = [line for line in self.peer.inbox if line.split()[1:2] == ["301"]]
        for line in lines:
            self.peer.inbox.discard(line)
        return "\n".join(lines)

    # Rooms.

    def join(self, room: str) -> None:
        self.peer.join(f"#{room}")

    def say_in(self, room: str, text: str) -> None:
        self.peer.say(f"#{room}", text)

    def hears_in(self, room: str, sender: str, text: str) -> None:
        self.peer.expect(sender, "PRIVMSG", f"#{room}", text)

    def sees_leave(self, room: str, name: str) -> None:
        self.peer.inbox.expect(
            lambda line: is_from(line, name, "PART") or is_from(line, name, "QUIT"),
            f"{name} leave #{room}",
        )


@dataclass
class Irc(Adapter):
    host: str
    port: int
    patience: float = GUARD
    type: ClassVar = "irc"
    rooms_show: ClassVar = True
    cannot: ClassVar[Mapping[Can, str]] = {
        Can.ADDRESS_BOOK: NO_BOOK,
        Can.REMOVAL: NO_BOOK,
        Can.CONSENT: NO_CONSENT,
        Can.KEPT_MESSAGES: "IRC keeps no messages",
        Can.COUNTED: "IRC does not tell who tried to log in",
        Can.PASSWORDS: NO_ACCOUNTS,
        Can.ABSENCE: "this IRC server does not tell who is away",
        Can.TYPING: "this IRC server does not tell who is typing",
        Can.OUTAGE: NOT_OURS,
    }
    _people: list[IrcPerson] = field(default_factory=list)
    _watcher: IrcPerson | None = None

    def account(self, *contacts: Person, must_be_asked: bool = False) -> Account:
        return Account(fresh("juliet"))

    def refused(self) -> Account:
        return Account("not a nick")

    def person(self, *, is_online: bool = True, must_be_asked: bool = False) -> IrcPerson:
        return self._play(fresh("romeo"), is_online)

    def awkward(self) -> IrcPerson:
        """``\\27`` would be read as an apostrophe."""
        return self._play(fresh("r\\27"), True)

    def _play(self, name: str, is_online: bool) -> IrcPerson:
        person = IrcPerson(self.host, self.port, name, self.patience)
        self._people.append(person)
        if is_online:
            person.come()
        return person

    def local(self, name: str) -> str:
        return name.lower().replace("\\27", "\\5c27")

    def room(self, name: str) -> str:
        return f"#{name}"

    def spellings(self, name: str) -> tuple[str, ...]:
        return (name.upper(), name.capitalize())

    def unknown(self) -> str:
        return fresh("nobody")

    def is_online(self, account: Account) -> bool:
        return self.sessions(account) > 0

    def sessions(self, account: Account) -> int:
        nicks = {account.name + RENAMED * times for times in range(4)}
        watcher = self._watch()
        watcher.send(f"ISON {' '.join(nicks)}")
        found = watcher.numeric("303").partition(" :")[2].lower().split()
        return len(nicks & set(found))

    def _watch(self) -> Peer:
        if self._watcher is None:
            self._watcher = self._play(fresh("watch"), True)
        return self._watcher.peer

    def dismiss(self) -> None:
        self._watcher = None
        while self._people:
            with contextlib.suppress(OSError):  # The server has been stopped meanwhile.
                self._people.pop().go()


class NgIrcd(Irc):
    """A server that we started: quick, and knows little more than RFC 2812."""

    cannot: ClassVar[Mapping[Can, str]] = {
        can: why for can, why in Irc.cannot.items() if can is not Can.OUTAGE
    }

    def __init__(self, server: Ngircd | Inspircd, patience: float = GUARD) -> None:
        super().__init__(LOOPBACK, server.port, patience)
        self._server = server

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.start()
        self.dismiss()  # Their connections have ended.


class InspIrcd(NgIrcd):
    """A modern one, with the services of Anope.  It takes a second to let anybody in."""

    cannot: ClassVar[Mapping[Can, str]] = {
        can: why
        for can, why in NgIrcd.cannot.items()
        if can not in (Can.PASSWORDS, Can.ABSENCE, Can.TYPING)
    }

    def __init__(self, server: Inspircd, patience: float = GUARD) -> None:
        super().__init__(server, patience)
        self._register = server.register_account

    def protected(self) -> Account:
        account = Account(fresh("juliet"), secret())
        self._register(account.name, account.password)
        return account

    def refused(self) -> Account:
        return Account(self.protected().name, secret("wrong"))

    def change_password(self, account: Account) -> Account:
        changed = Account(account.name, secret())
        peer = self._play(fresh("nurse"), True).peer
        for words in (
            f"IDENTIFY {account.name} {account.password}",
            f"SET PASSWORD {changed.password}",
        ):
            peer.say("NickServ", words)
            peer.expect("NickServ", "NOTICE", "assword")
        return changed
