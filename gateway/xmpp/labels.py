"""Several accounts of one user on one transport: which of them an address is of.

    romeo@aim.example.org          seen by the first account, which has no label
    romeo,work@aim.example.org     seen by the account that its owner calls "work"
    ,work@aim.example.org          that account itself

A comma in a network's own names is doubled, so that a single one in front of a label can be nothing
else: both ways back are certain.  A comma, because hardly a network has names with one.  Networks
never see labels; ``SessionKey.account`` is made in the same way, of theirs and the label.
"""

import re
from dataclasses import dataclass, replace

from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.ids import ChatId, PersonId
from gateway.network import Address, Addressing
from gateway.words import tr

SEPARATOR = ","

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?"
"""Twenty characters, such as are alike in every client's keyboard and in every JID."""

_IS_LABEL = re.compile(LABEL)
_JOINED = re.compile(rf"((?:[^,]|,,)*)(?:,({LABEL}))?", re.DOTALL)


def is_label(text: str) -> bool:
    return _IS_LABEL.fullmatch(text) is not None


def join(name: str, label: str) -> str:
    doubled = name.replace(SEPARATOR, SEPARATOR * 2)
    return f"{doubled}{SEPARATOR}{label}" if label else doubled


def split(joined: str) -> tuple[str, str]:
    """Name and label, which is "" for the first account.

    Raises:
        CommandRefused: (NOT_FOUND) what follows the comma cannot be a label.
    """
    if SEPARATOR not in joined:
        return joined, ""
    found = _JOINED.fullmatch(joined)
    if found is None:
        raise CommandRefused(
            Reason.NOT_FOUND,
            tr("{joined!r}: the name of one of your accounts is expected behind the comma").format(
                joined=joined
            ),
        )
    return found[1].replace(SEPARATOR * 2, SEPARATOR), found[2] or ""


def shown(account: str) -> str:
    """An account, for its owner; "" for the first where users choose no server."""
    return ", ".join(filter(None, split(account)))


@dataclass(frozen=True, slots=True)
class Labelled:
    """The network's addressing, for all accounts.  Passes through here what no label has a part
    in, as most does, at the cost of a look."""

    network: Addressing

    def parse(self, local: str) -> Address:
        name, label = split(local)
        address = self.network.parse(name)
        if not label and SEPARATOR not in address.account:
            return address
        return replace(address, account=join(address.account, label))

    def local(self, account: str, chat: ChatId | PersonId) -> str:
        account, label = split(account)
        return join(self.network.local(account, chat), label)

    def from_prompt(self, text: str) -> str:
        """As the first account sees it."""
        return join(self.network.from_prompt(text), "")


def addressing(transport: Transport) -> Labelled:
    return Labelled(transport.network.addressing(transport.settings))
