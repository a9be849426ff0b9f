"""Registering, the same whether by form (XEP-0077), by command (XEP-0050) or by chat.

    start ──► Input ──► the user ──► submit ──► Network.check ──► User.register ──► Done
    leave ──► Confirm ──► the user ──► User.unregister ──► Done

On a transport where users choose the server, each server is an account of its own: asked at the
server's JID the form is that account's, at the transport's JID it has a field ``server``.  Several
accounts with the same server, or transport, have labels (``labels``).
"""

from collections.abc import Iterable, Mapping

from gateway.config import Transport
from gateway.errors import CommandRefused, Reason
from gateway.events import Fill, Look, Question
from gateway.network import Field, FieldKind
from gateway.store import Broken, Preferences, Registration
from gateway.words import mark, tr
from gateway.xmpp import labels, preferences
from gateway.xmpp.actions import bridges, find_account, name_of, status
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.enrolment import REGISTERED
from gateway.xmpp.forms import fill_in
from gateway.xmpp.iq import Asker
from gateway.xmpp.steps import Confirm, Done, Failed, Input, Show, Stage, Step
from gateway.xmpp.users import User

ALL = mark("all")
"""Of the accounts, in place of the name of one."""

SERVER = "server"
"""The field that names the account where users choose the server."""

NEW = mark("Fill in what you use to log in to {title}.")
CHANGE = mark("You are registered. Change what you like; leave a password empty to keep it.")
BROKEN = mark(
    "You are registered, but what was stored cannot be opened any more. "
    "Please fill in everything again."
)
SERVERS = mark(
    "You are registered with {servers}. Name a server again to change that, or another to add it."
)
TRUST = mark(
    "Your password is stored encrypted. "
    "The operator of this gateway can read what passes through it."
)


NO_LABEL = mark("An account can be called by up to 20 letters (a to z), digits and hyphens.")

ANOTHER = Field(
    name="another",
    label=mark("Another account"),
    description=mark("To add one, a short name of your choice for it, like work; else empty"),
)
"""For those who have one: further ones have labels."""

# Registering.


def start(asker: Asker) -> Stage:
    """What the network asks for, if it does, or the form as it stands for this user, at the JID of
    that account."""
    return _start(asker, *labels.split(asker.address.account))


def start_typed(asker: Asker, name: str) -> Stage:
    """For the account of that name, be it old or new; "" means whom they talk to.

    Raises:
        CommandRefused: (NOT_ACCEPTABLE) no account can be called that.
    """
    name = name.casefold()
    for bridge in _registered(asker.user, asker.transport):
        if name and name in (name_of(bridge).casefold(), *labels.split(bridge.key.account)):
            return _start(asker, *labels.split(bridge.key.account))
    server, label = labels.split(asker.address.account)
    return _start(asker, server, _label(name) or label)


def _label(text: str) -> str:
    label = text.strip().casefold()
    if label and (not labels.is_label(label) or label == ALL):
        raise CommandRefused(Reason.NOT_ACCEPTABLE, tr(NO_LABEL), ANOTHER.name)
    return label


def _start(asker: Asker, server: str, label: str) -> Stage:
    if bridge := asking(asker):
        return _question(bridge)
    user, transport, account = asker.user, asker.transport, labels.join(server, label)
    on_file = _registration(user.bridge(transport.domain, account))
    others = _registered(user, transport)
    fields = _fields(transport, server)
    match on_file:
        case Registration():
            words = tr(CHANGE)
        case Broken():
            words = tr(BROKEN)
        case None if others and not account and any(field.name == SERVER for field in fields):
            words = tr(SERVERS).format(servers=", ".join(map(name_of, others)))
        case None:
            words = tr(NEW).format(title=transport.name)
    secrets = {field.name for field in fields if field.kind is FieldKind.SECRET}
    return Input(
        title=" – ".join(
            filter(None, (tr("Registration with {name}").format(name=transport.name), label))
        ),
        instructions=f"{words} {tr(TRUST)}",
        fields=(*fields, ANOTHER) if others and not label else fields,
        values={name: value for name, value in _values(on_file).items() if name not in secrets},
        is_checked=False,
        submit=lambda asker, given: _submit(asker, server, label, given),
        try_out=lambda given: _try_out(transport, server, given, on_file),
    )


def is_registered(asker: Asker) -> bool:
    """With that account; asked at the transport itself, with any."""
    user, transport, account = asker.user, asker.transport, asker.address.account
    bridge = user.bridge(transport.domain, account)
    return _registration(bridge) is not None or (not account and bool(_registered(user, transport)))


def _submit(asker: Asker, server: str, label: str, given: Mapping[str, str]) -> Step:
    """Register, or change what is registered.  Blocks.

    Raises:
        CommandRefused: (NOT_ACCEPTABLE) names the field; what was on file still holds.
    """
    user, transport = asker.user, asker.transport
    label = label or _label(given.get(ANOTHER.name, ""))
    for bridge in _registered(user, transport):
        known = labels.split(bridge.key.account)
        if known[1] == label and server in ("", known[0]):
            found, fields, wishes = _check(transport, server, given, bridge.registration)
            if found == known[0]:
                break
    else:
        found, fields, wishes = _check(transport, server, given, None)
    if server and found != server:
        raise CommandRefused(
            Reason.NOT_ACCEPTABLE, tr("This address is for {server} only.").format(server=server)
        )
    user.register(transport, labels.join(found, label), fields, wishes)
    return _follow(asker, tr(REGISTERED))


def _check(
    transport: Transport,
    server: str,
    given: Mapping[str, str],
    on_file: Registration | Broken | None,
) -> tuple[str, dict[str, str], Preferences]:
    filled = fill_in(_fields(transport, server), given, _values(on_file))
    before = on_file.preferences if isinstance(on_file, Registration) else Preferences()
    wishes = preferences.changed(before, filled)
    for field in preferences.in_form(transport.network):
        del filled[field.name]
    return *_accepted(transport, server, filled), wishes


def _accepted(
    transport: Transport, server: str, filled: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """The account, and the fields to keep."""
    filled = {**filled, SERVER: filled.get(SERVER) or server} if server else filled
    try:
        return transport.network.check(transport.settings, filled)
    except CommandRefused as refused:
        raise _naming_field(_fields(transport, server), refused) from None


def _try_out(
    transport: Transport,
    server: str,
    given: Mapping[str, str],
    on_file: Registration | Broken | None,
) -> None:
    """As much of a form as is filled in, so that nobody finds out at its end."""
    _label(given.get(ANOTHER.name, ""))
    form, values = transport.network.fields(transport.settings, server), _values(on_file)
    empty = {field.name: values.get(field.name, field.default) for field in form}
    filled = fill_in((field for field in form if field.name in given), given, values)
    _accepted(transport, server, empty | filled)


def _naming_field(form: Iterable[Field], refused: CommandRefused) -> CommandRefused:
    """People see the label of a field, and not its name."""
    label = next((field.label for field in form if field.name == refused.field), "")
    text = (
        tr("“{label}”: {problem}").format(label=tr(label), problem=refused.text)
        if label
        else refused.text
    )
    return CommandRefused(refused.reason, text, refused.field)


def _fields(transport: Transport, server: str) -> tuple[Field, ...]:
    return (
        *transport.network.fields(transport.settings, server),
        *preferences.in_form(transport.network),
    )


def _values(registration: Registration | Broken | None) -> dict[str, str]:
    if not isinstance(registration, Registration):
        return {}
    return {**registration.fields, **preferences.values(registration.preferences)}


def _registration(bridge: Bridge | None) -> Registration | Broken | None:
    return bridge.registration if bridge else None


def _registered(user: User, transport: Transport) -> list[Bridge]:
    return [bridge for bridge in user.bridges(transport.domain) if bridge.registration]


# What the network asks before it lets them in.


def asking(asker: Asker) -> Bridge | None:
    """One of their sessions whose network waits for them."""
    found = bridges(asker.user, asker.transport, asker.address.account)
    return next((bridge for bridge in found if bridge.enrolment.asked), None)


def _question(bridge: Bridge) -> Stage:
    asked, title = bridge.enrolment.asked, tr("Log-in to {name}").format(name=bridge.transport.name)
    match asked:
        case Fill(text=text, fields=fields, picture=picture):
            return Input(
                title=title,
                instructions=text,
                fields=fields,
                picture=picture,
                submit=lambda asker, given: _answer(asker, asked, given),
            )
        case Look(text=text, uri=uri, picture=picture):
            return Show(
                title=title,
                instructions=f"{text}\n{uri}".strip(),
                picture=picture,
                go_on=lambda asker: _answer(asker, asked, {}),
            )
        case None:
            raise CommandRefused(Reason.GONE, bridge.keeper.explain())


def _answer(asker: Asker, asked: Question, given: dict[str, str]) -> Step:
    bridge = asking(asker)
    if bridge is None:  # They were too slow, or answered it elsewhere.
        return Done(text=status(asker.user, asker.transport, asker.address.account))
    was_on_trial = bridge.enrolment.is_on_trial
    try:
        if isinstance(asked, Fill):
            bridge.enrolment.answer(asked, given)
        else:
            bridge.enrolment.look()
    except CommandRefused as refused:
        return Failed(reason=refused.reason, text=refused.text)
    return _follow(asker, tr(REGISTERED) if was_on_trial else bridge.keeper.explain())


def _follow(asker: Asker, words: str) -> Step:
    bridge = asking(asker)
    return _question(bridge) if bridge else Done(text=words)


# Unregistering.


def leave(asker: Asker, name: str = "") -> Stage:
    """All that is behind the address, or one of several accounts, or ``all``.

    Raises:
        CommandRefused: there is nothing to leave, or none of that name.
    """
    user, transport, account = asker.user, asker.transport, asker.address.account
    found = [bridge for bridge in bridges(user, transport, account) if bridge.registration]
    if not found:
        raise CommandRefused(Reason.REGISTRATION_REQUIRED, tr("You are not registered here."))
    if name.casefold() == ALL:
        return _confirm(transport.name, None)
    if name:
        found = [find_account(user, transport, account, name)]
    if len(found) == 1:
        return _confirm(name_of(found[0]), found[0].key.account)
    names = (*map(name_of, found), ALL)
    field = Field(
        name="account",
        label=tr("Account"),
        kind=FieldKind.CHOICE,
        required=True,
        choices=tuple((name, tr(name)) for name in names),
    )
    return Input(
        title=tr("Unregister from {name}").format(name=transport.name),
        instructions=tr("You have several accounts."),
        fields=(field,),
        submit=lambda asker, given: leave(asker, given["account"]),
        is_last=False,
    )


def _confirm(name: str, account: str | None) -> Confirm:
    return Confirm(
        title=tr("Unregister from {name}").format(name=name),
        instructions=tr(
            "Your contacts there go, and everything that is stored about you is deleted."
        ),
        label=tr("Unregister"),
        act=lambda asker: _leave(asker, account),
        declined=tr("You are still registered."),
    )


def _leave(asker: Asker, account: str | None) -> Step:
    asker.user.unregister(asker.transport, account)
    return Done(text=tr("You are not registered any more."))
