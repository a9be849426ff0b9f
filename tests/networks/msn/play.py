"""Playbooks in MSN's own spelling.

    (
        online()
        >> "NLN BSY bob@example.com 1 Bob 0 0"
        << Appeared("bob@example.com", "Bob", "")
        << Seen("bob@example.com", "BSY")
        >> SetPresence(show=Show.AWAY)
        << "CHG 10 AWY 268435488 0"
    ).end()

A text is a line: received after ``>>``, sent after ``<<``; what stands after a new line is its
payload.  ``On`` puts it on another link than the notification server's.  What is asked of a service
is ``asked``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from gateway.fsm import MAIN, Connect, Connected, Fetch, Fetched, Got, Send
from gateway.network import Login
from networks.msn.fsm import MsnFsm
from networks.msn.settings import MsnSettings
from networks.msn.state import State
from networks.msn.wire import Command, MsnCodec
from tests.playbook import Like, Playbook
from tests.servers.msn_transcript import answers

SETTINGS = MsnSettings(server="msn.verona.lit")
NONCE = "0123456789abcdef0123456789abcdef"
ME = "alice@example.com"


def command(text: str) -> Command:
    """From a line, with its payload on the lines after it."""
    line, has_payload, payload = text.partition("\n")
    verb, *args = line.split(" ")
    return Command(verb, tuple(args), payload.encode() if has_payload else None)


@dataclass(frozen=True, slots=True)
class On:
    """A line on some link."""

    link: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked(Like):
    """A question to a service."""

    what: str
    holding: tuple[str, ...] = ()
    """Something that stands in it."""

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Fetch)
            and other.name == self.what
            and all(part in other.body.decode() for part in self.holding)
        )

    __hash__ = None  # type: ignore[assignment]


def asked(what: str, *holding: str) -> Asked:
    return Asked(what, holding)


@dataclass(frozen=True, slots=True)
class Answer:
    """Of the service that was asked last."""

    body: bytes
    status: int = 200
    failure: str = ""


def recorded(name: str, action: str) -> Answer:
    """The first answer to a request of a kind in a recorded conversation."""
    step = answers(name, action)[0]
    return Answer(step.data, step.status)


def soap(inside: str) -> Answer:
    """An envelope around something of the address book's namespace."""
    return Answer(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f"{inside}</s:Body></s:Envelope>".encode()
    )


def result(name: str, inside: str = "") -> Answer:
    namespace = "http://www.msn.com/webservices/AddressBook"
    return soap(f'<{name}Response xmlns="{namespace}">{inside}</{name}Response>')


DONE = result("Any")


def made(id: str) -> Answer:
    return result("Any", f"<AnyResult><guid>{id}</guid></AnyResult>")


def fault(code: str, more: str = "") -> Answer:
    return soap(
        f"<s:Fault><faultcode>s:Client</faultcode><faultstring>No</faultstring>"
        f"<detail><errorcode>{code}</errorcode>{more}</detail></s:Fault>"
    )


class MsnPlaybook(Playbook):
    fsm: MsnFsm

    def __init__(self, fsm: MsnFsm) -> None:
        self.fetches: list[Fetch] = []
        super().__init__(fsm)

    def __rshift__(self, given: Any) -> Self:
        match given:
            case str():
                given = Got(command(given))
            case On(link, text):
                given = Got(command(text), link)
            case Answer(body, status, failure):
                status = 0 if failure else status
                given = Fetched(
                    name=self.fetches[-1].name, status=status, body=body, failure=failure
                )
        return super().__rshift__(given)

    def __lshift__(self, expected: Any) -> Self:
        match expected:
            case str():
                expected = Send(command(expected))
            case On(link, text):
                expected = Send(command(text), link)
        return super().__lshift__(expected)

    def _take(self, effects: Iterator[Any]) -> None:
        super()._take(effects)
        self.fetches += [effect for effect in self.done if isinstance(effect, Fetch)]


def how(address: str = ME, password: str = "wherefore", **login: Any) -> Login:
    fields = {"username": address, "password": password, "nick": login.pop("nick", "")}
    return Login(
        user="alice@capulet.lit",
        account="",
        fields=fields,
        settings=login.pop("settings", SETTINGS),
        nonce=NONCE,
        **login,
    )


def dial(host: str, port: int = 1863, link: str = MAIN) -> Connect:
    return Connect(host=host, port=port, tls=None, codec=MsnCodec(), link=link)


def connected(**login: Any) -> MsnPlaybook:
    """VER is sent."""
    return (MsnPlaybook(MsnFsm(how(**login))).skip() >> Connected()).skip()


TICKETS = recorded("login_chat", "/RST.srf")
NONCE_LINE = "MBI_KEY_OLD 1GNAX9TbXTY7A68jCYlAOm5FVkwLIjcuverFZa/8r+j/7Z3QhNZe4Wlnm4TcKJip"


def authorizing(**login: Any) -> MsnPlaybook:
    """Tickets are asked for."""
    play = connected(**login)
    for line in ("VER 1 MSNP15", "CVR 2 1 1 1 x x", f"USR 3 SSO S {NONCE_LINE}"):
        play = (play >> line).skip()
    return play


def signing_on(**login: Any) -> MsnPlaybook:
    """USR S is sent."""
    return (authorizing(**login) >> TICKETS).skip()


def listing(**login: Any) -> MsnPlaybook:
    """FindMembership is asked for."""
    return (signing_on(**login) >> "USR 4 OK alice@example.com 1 0").skip()


NOBODY = (result("FindMembership", "<FindMembershipResult/>"),)


def contact(address: str, id: str = "", nick: str = "", groups: tuple[str, ...] = ()) -> str:
    """As an address book has them."""
    id = id or f"id-{address}"
    note = f"<Annotation><Name>AB.NickName</Name><Value>{nick}</Value></Annotation>" if nick else ""
    guids = "".join(f"<guid>{group}</guid>" for group in groups)
    return (
        f"<Contact><contactId>{id}</contactId><contactInfo><annotations>{note}</annotations>"
        f"<contactType>Regular</contactType><groupIds>{guids}</groupIds>"
        f"<passportName>{address}</passportName><isMessengerUser>true</isMessengerUser>"
        "</contactInfo></Contact>"
    )


def group(id: str, name: str) -> str:
    return f"<Group><groupId>{id}</groupId><groupInfo><name>{name}</name></groupInfo></Group>"


def book(*contacts: str, groups: tuple[str, ...] = (), name: str = "") -> Answer:
    me = (
        "<Contact><contactId>me</contactId><contactInfo><contactType>Me</contactType>"
        f"<passportName>{ME}</passportName><displayName>{name}</displayName></contactInfo></Contact>"
    )
    inside = f"<Groups>{''.join(groups)}</Groups><Contacts>{me}{''.join(contacts)}</Contacts>"
    return result(
        "ABFindContactsPaged", f"<ABFindContactsPagedResult>{inside}</ABFindContactsPagedResult>"
    )


def members(**roles: tuple[str, ...]) -> Answer:
    """``Allow=("bob@example.com",)``"""
    inside = "".join(
        f"<Membership><MemberRole>{role}</MemberRole><Members>"
        + "".join(
            '<Member xsi:type="PassportMember"><State>Accepted</State>'
            f"<PassportName>{address}</PassportName></Member>"
            for address in addresses
        )
        + "</Members></Membership>"
        for role, addresses in roles.items()
    )
    return result(
        "FindMembership",
        '<FindMembershipResult xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Services>'
        "<Service><Memberships>"
        f"{inside}</Memberships><Info><Handle><Type>Messenger</Type></Handle></Info></Service>"
        "</Services></FindMembershipResult>",
    )


BOB = "bob@example.com"


def online(lists: Answer | None = None, pages: Answer | None = None, **login: Any) -> MsnPlaybook:
    """With Bob on the list, who may see us."""
    play = listing(**login)
    play = (play >> (lists or members(Allow=(BOB,)))).skip()
    play = (play >> (pages or book(contact(BOB)))).skip()
    assert play.fsm.msn.state is State.ONLINE
    return play


def seen(who: str = BOB, **login: Any) -> MsnPlaybook:
    """And he is online."""
    return (online(**login) >> f"NLN NLN {who} 1 Bob 0 0").skip()


def talking(**login: Any) -> MsnPlaybook:
    """And on a switchboard with us, to which he called us: ``board:1``."""
    play = seen(**login)
    play = (play >> f"RNG 17f8 127.0.0.1:1864 CKI 4dcd.1 {BOB} Bob U x 1").skip()
    play = (play >> Connected("board:1")).skip()
    play = (play >> On("board:1", f"IRO 1 1 1 {BOB} Bob 0")).skip()
    return (play >> On("board:1", "ANS 1 OK")).skip()
