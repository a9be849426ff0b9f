"""In-Band Registration (XEP-0077) with the transport; ``registration`` has what it means.

Next to the data form stand the plain fields that old clients fill in, where those are enough: a
client that knows no forms could not give a required field that only the form has (section 4).
"""

from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason
from gateway.network import Kind
from gateway.words import mark, tr
from gateway.xmpp import forms, registration, steps
from gateway.xmpp.access import require_admitted, require_server
from gateway.xmpp.elements import element, elements, name
from gateway.xmpp.iq import Ask, Table
from gateway.xmpp.steps import Confirm, Failed, Input, Show, Stage

REGISTER = "jabber:iq:register"

XEPS = {"XEP-0077": "2.4"}

FEATURES = {Kind.SERVER: (REGISTER,)}

ONCE_MORE = mark("Open the form again: it asks for that now.")
"""The only way to ask for more: an answer to a form has no place for another one."""

PLAIN_FIELDS = frozenset(
    [
        "username",
        "nick",
        "password",
        "name",
        "first",
        "last",
        "email",
        "address",
        "city",
        "state",
        "zip",
        "phone",
        "url",
        "date",
        "misc",
        "text",
        "key",
    ]
)
"""Section 14.1.  A field of ours has the same name if it means the same."""


def ask_form(ask: Ask) -> Element:
    require_server(ask, tr("Register with {domain}.").format(domain=ask.transport.domain))
    require_admitted(ask)
    stage = registration.start(ask)
    return element(
        f"{{{REGISTER}}}query",
        element(f"{{{REGISTER}}}registered") if registration.is_registered(ask) else None,
        element(f"{{{REGISTER}}}instructions", stage.instructions),
        *elements(REGISTER, _plain(stage)),
        forms.form(
            steps.fields(stage),
            steps.values(stage),
            title=stage.title,
            instructions=stage.instructions,
            form_type=REGISTER,
            picture=steps.picture(stage),
        ),
        forms.data(steps.picture(stage)),
    )


def _plain(stage: Stage) -> list[tuple[str, str]]:
    fields, values = steps.fields(stage), steps.values(stage)
    if any(field.required and field.name not in PLAIN_FIELDS for field in fields):
        return []
    return [
        (field.name, values.get(field.name, field.default))
        for field in fields
        if field.name in PLAIN_FIELDS
    ]


def register(ask: Ask) -> None:
    """A filled-in form, or ``<remove/>``, which even those may send who may not register."""
    require_server(ask, tr("Register with {domain}.").format(domain=ask.transport.domain))
    if ask.payload.find(f"{{{REGISTER}}}remove") is not None:
        _remove(ask)
        return
    require_admitted(ask)
    if forms.is_cancelled(ask.payload):
        return
    match steps.advance(registration.start(ask), ask, _given(ask.payload)):
        case Failed(reason=reason, text=text):
            raise CommandRefused(reason, text)
        case Input() | Show() | Confirm() as stage:
            raise CommandRefused(Reason.NOT_ACCEPTABLE, f"{stage.instructions}\n{tr(ONCE_MORE)}")


def _given(query: Element) -> dict[str, str]:
    """By form, else by plain fields."""
    given = forms.submitted(query)
    if given is not None:
        return given
    given = {
        name(child): child.text or ""
        for child in query
        if child.tag.startswith(f"{{{REGISTER}}}") and name(child) in PLAIN_FIELDS
    }
    if not given:
        raise CommandRefused(Reason.BAD_REQUEST, tr("Nothing was filled in."))
    return given


def _remove(ask: Ask) -> None:
    """Section 3.2: alone, or it is a mistake that must not cost anybody their registration."""
    if len(ask.payload) > 1:
        raise CommandRefused(Reason.BAD_REQUEST, tr("<remove/> must stand alone."))
    ask.user.unregister(ask.transport, ask.address.account or None)


IQS: Table = {
    ("get", f"{{{REGISTER}}}query"): ask_form,
    ("set", f"{{{REGISTER}}}query"): register,
}
