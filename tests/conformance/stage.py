"""What a check plays on: users of the XMPP server, and people on the network."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

import gevent

from gateway.hub import HubLoop
from gateway.trial.people import Stanza
from tests.conformance.adapter import Account, Adapter, Person
from tests.conformance.site import Site
from tests.endtoend.client import DATA, REGISTER, ROSTER, Client, Refused, form
from tests.endtoend.rig import until

NAMES = ("username", "nick", "name")
"""Fields that take the name on the network; the first that there is."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is registered, and logged in to the network."""

    client: Client
    account: Account


@dataclass(frozen=True, slots=True)
class Registration:
    """What the gateway says of it (XEP-0077)."""

    is_registered: bool
    instructions: str
    plain: dict[str, str]
    form: dict[str, Element]
    """The fields of the data form, by name."""
    form_type: str
    has_form: bool

    @property
    def required(self) -> set[str]:
        return {name for name, f in self.form.items() if f.find(f"{{{DATA}}}required") is not None}

    def value(self, name: str) -> str:
        return self.form[name].findtext(f"{{{DATA}}}value", "") if name in self.form else ""

    def is_secret(self, name: str) -> bool:
        return name in self.form and self.form[name].get("type") == "text-private"


class Stage:
    def __init__(self, site: Site, loop: HubLoop) -> None:
        self.site = site
        self.loop = loop
        self._clients: list[Client] = []

    @property
    def gateway(self) -> str:
        return self.site.component

    @property
    def network(self) -> Adapter:
        return self.site.network

    def jid(self, who: Person | str) -> str:
        """The address that somebody on the network has in XMPP."""
        name = who if isinstance(who, str) else who.name
        return f"{self.network.local(name)}@{self.gateway}"

    def room(self, name: str) -> str:
        return f"{self.network.room(name)}@{self.gateway}"

    def until(self, condition: Callable[[], bool], what: str) -> None:
        until(condition, what, self.site.patience)

    # Users.

    def user(self, *, available: bool = True, features: tuple[str, ...] = ()) -> Client:
        """Somebody new."""
        return self._log_in(*self.site.make_user(), "one", available, features)

    def again(self, user: Client, resource: str) -> Client:
        """Another client of the same user."""
        return self._log_in(user.jid, user.password, resource, True, ())

    def _log_in(
        self, jid: str, password: str, resource: str, available: bool, features: tuple[str, ...]
    ) -> Client:
        client = Client(
            self.loop,
            jid,
            password,
            resource,
            patience=self.site.patience,
            features=features,
            is_tls=self.site.is_tls,
        )
        self._clients.append(client)
        client.log_in(self.site.port, host=self.site.host, available=False)
        client.roster()  # As all clients do; from then on Prosody tells it of subscriptions.
        if available:
            client.presence()
        return client

    def protected(self) -> Member:
        """Somebody new whose account has a password."""
        return self.enrol(self.user(), self.network.protected())

    def member(self, *contacts: Person, must_be_asked: bool = False) -> Member:
        """Somebody new who uses the gateway, with these in the address book."""
        account = self.network.account(*contacts, must_be_asked=must_be_asked)
        return self.enrol(self.user(), account)

    def enrol(self, user: Client, account: Account) -> Member:
        if self.site.lobby:
            user.join(f"{self.room(self.site.lobby)}/{account.name}")
        else:
            self.register(user, account)
            user.befriend(self.gateway)
            user.sees_presence(self.gateway)
        return Member(user, account)

    def friends(self) -> tuple[Member, Person, str]:
        """A member, a person who need not be asked, and that one's JID; they see each other."""
        person = self.network.person()
        member, contact = self.member(), self.jid(person)
        with contextlib.suppress(NotImplementedError):
            person.add(member.account.name)
        self.befriend(member.client, contact)
        member.client.sees_presence(contact)
        return member, person, contact

    def befriend(self, user: Client, contact: str) -> None:
        """Who agrees, or need not.  Servers show the user to a new contact a moment later."""
        user.presence(contact, "subscribe")
        user.sees_presence(contact, "subscribed")
        user.sees_presence(contact, "subscribe")
        user.presence(contact, "subscribed")
        self.until(lambda: self.roster(user).get(contact) == "both", f"{contact} in the roster")
        self.settle(user)

    def take_up(self, user: Client, contact: str) -> None:
        """Who is introduced by a subscription request."""
        user.sees_presence(contact, "subscribe")
        user.presence(contact, "subscribed")
        user.presence(contact, "subscribe")
        user.sees_presence(contact, "subscribed")

    def meet(self, member: Member, person: Person, room: str) -> None:
        """Where that is needed to see each other."""
        if self.network.rooms_show:
            person.join(room)
            member.client.join(f"{self.room(room)}/{member.account.name}")

    def leave(self, member: Member) -> None:
        member.client.presence(type="unavailable")
        self.until(lambda: not self.network.is_online(member.account), "the log-out")
        member.client.inbox.clear()

    def log_in_again(self, member: Member) -> None:
        self.leave(member)
        member.client.presence()
        member.client.sees_presence(self.gateway)

    def roster(self, user: Client) -> dict[str, str]:
        """JIDs in our domain and their subscription."""
        items = {jid: item.get("subscription", "none") for jid, item in user.roster().items()}
        return {jid: state for jid, state in items.items() if jid.endswith(self.gateway)}

    # Registration (XEP-0077).

    def registration(self, user: Client) -> Registration:
        answer = user.ask(self.gateway, "get", f"<query xmlns='{REGISTER}'/>")
        query = answer.find(f"{{{REGISTER}}}query")
        assert query is not None, "no query in the answer"
        fields = {field.get("var", ""): field for field in query.iter(f"{{{DATA}}}field")}
        form_type = fields.pop("FORM_TYPE", None)
        plain = {
            child.tag.rpartition("}")[2]: child.text or ""
            for child in query
            if child.tag.startswith(f"{{{REGISTER}}}")
        }
        return Registration(
            is_registered="registered" in plain,
            instructions=plain.get("instructions", ""),
            plain={n: v for n, v in plain.items() if n not in ("registered", "instructions")},
            form={name: field for name, field in fields.items() if field.get("type") != "fixed"},
            form_type="" if form_type is None else form_type.findtext(f"{{{DATA}}}value", ""),
            has_form=query.find(f"{{{DATA}}}x") is not None,
        )

    def register(self, user: Client, account: Account, **changed: str) -> None:
        """With the form, or the plain fields where there is none.

        Raises:
            Refused: by the gateway.
        """
        offered = self.registration(user)
        if offered.has_form:
            self._set(user, form({**self.fill_in(offered, account), **changed}))
        else:
            self.register_plainly(user, account)

    def fill_in(self, offered: Registration, account: Account) -> dict[str, str]:
        """As it came, but for name and password."""
        values = {name: offered.value(name) for name in offered.form}
        values[self.name_field(offered)] = account.name
        for name in ("password", *filter(offered.is_secret, offered.form)):
            if name in values and account.password:
                values[name] = account.password
                break
        return {**values, **self.site.filled}

    def name_field(self, offered: Registration) -> str:
        fields = offered.form if offered.has_form else offered.plain
        found = [name for name in NAMES if name in offered.required]
        found += [name for name in NAMES if name in fields]
        assert found, f"no field for a name among {', '.join(fields)}"
        return found[0]

    def register_plainly(self, user: Client, account: Account) -> None:
        offered = self.registration(user)
        query = Element(f"{{{REGISTER}}}query")
        values = {self.name_field(offered): account.name, "password": account.password}
        for name in offered.plain:
            if values.get(name):
                SubElement(query, f"{{{REGISTER}}}{name}").text = values[name]
        self._set(user, query)

    def _set(self, user: Client, query: Element) -> None:
        answer = user.ask(self.gateway, "set", query)
        assert not len(answer), f"more than an empty result: {Stanza(answer)}"

    # The end.

    def settle(self, user: Client) -> None:
        """What was on its way to the user has come."""
        user.fence(self.gateway)

    def close(self) -> None:
        if self.site.reuses_users:
            for client in {client.jid: client for client in self._clients}.values():
                self._forget(client)
        gevent.joinall([gevent.spawn(client.close) for client in self._clients], raise_error=True)
        self.network.dismiss()

    def _forget(self, user: Client) -> None:
        """As if they had never been here."""
        with contextlib.suppress(Refused):
            user.unregister(self.gateway)
        for jid in self.roster(user):
            self.remove(user, jid)

    def remove(self, user: Client, contact: str) -> None:
        """From the roster, which ends all subscriptions."""
        item = f"<item jid='{contact}' subscription='remove'/>"
        user.ask(user.jid, "set", f"<query xmlns='{ROSTER}'>{item}</query>")


def refusal(act: Callable[[], object]) -> Refused:
    """The error that it is answered with."""
    try:
        act()
    except Refused as refused:
        return refused
    raise AssertionError("accepted, where an error is due")
