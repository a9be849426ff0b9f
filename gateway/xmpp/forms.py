"""Data forms (XEP-0004), made of the same ``Field`` that networks describe registration with.

A picture in one is named in it (XEP-0221), and its bits stand beside it (XEP-0231).
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha1
from xml.etree.ElementTree import Element

from gateway.errors import CommandRefused, Reason
from gateway.events import Picture
from gateway.network import Field, FieldKind
from gateway.words import tr
from gateway.xmpp.elements import element

XEPS = {"XEP-0004": "2.13.1", "XEP-0221": "1.0", "XEP-0231": "1.0"}

DATA = "jabber:x:data"

MEDIA = "urn:xmpp:media-element"

BOB = "urn:xmpp:bob"

MAX_PICTURE = 64 * 1024
"""Bytes.  Servers limit stanzas, and this is a third longer in one."""

MAX_VALUE = 16 * 1024
"""Characters of one value.  The longest that makes sense is a certificate with its key."""

YES = frozenset({"1", "true"})
NO = frozenset({"0", "false", ""})
"""XEP-0004, section 3.3: the lexical values of a boolean, and nothing at all."""

SAID_YES = frozenset({"yes", "y", "on", "1", "true"})
SAID_NO = frozenset({"no", "n", "off", "0", "false"})
"""As people write it."""

COLUMNS = {"jid": "jid-single"}
"""Of tables, those that are no text."""

# Made.


def form(
    fields: Iterable[Field],
    values: Mapping[str, str] | None = None,
    *,
    title: str = "",
    instructions: str = "",
    form_type: str = "",
    picture: Picture | None = None,
) -> Element:
    """A form to fill in.  ``values`` stand in place of defaults; secrets are never shown.  Of a
    picture only the name is in it: ``data`` goes beside the form."""
    values = values or {}
    return element(
        f"{{{DATA}}}x",
        _line("title", title),
        _line("instructions", instructions),
        _form_type(form_type),
        _media(picture) if picture else None,
        *(_field(field, values.get(field.name, field.default)) for field in fields),
        type="form",
    )


def data(picture: Picture | None) -> Element | None:
    """A picture's content (XEP-0231), or nothing if it is too large for a stanza."""
    if picture is None or len(picture.data) > MAX_PICTURE:
        return None
    content = b64encode(picture.data).decode()
    return element(
        f"{{{BOB}}}data",
        content,
        cid=_content_id(picture),
        type=picture.media_type,
        **{"max-age": "0"},
    )


def _media(picture: Picture) -> Element:
    uri = element(f"{{{MEDIA}}}uri", f"cid:{_content_id(picture)}", type=picture.media_type)
    return element(
        f"{{{DATA}}}field", element(f"{{{MEDIA}}}media", uri), var="picture", type="fixed"
    )


def _content_id(picture: Picture) -> str:
    return f"sha1+{sha1(picture.data, usedforsecurity=False).hexdigest()}@bob.xmpp.org"


def result(rows: Iterable[tuple[str, str]], title: str = "", form_type: str = "") -> Element:
    """Labels and values to read.  A label may come more than once, a ``var`` may not."""
    return element(
        f"{{{DATA}}}x",
        _line("title", title),
        _form_type(form_type),
        *(
            _read_only(f"field-{number}", label, value)
            for number, (label, value) in enumerate(rows, 1)
        ),
        type="result",
    )


def named_result(form_type: str, rows: Iterable[tuple[str, str]]) -> Element:
    """What programs read: ``var`` and value (XEP-0068, XEP-0128)."""
    return element(
        f"{{{DATA}}}x",
        _form_type(form_type),
        *(element(f"{{{DATA}}}field", _value(value), var=var) for var, value in rows),
        type="result",
    )


def table(
    title: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[str]],
    form_type: str = "",
) -> Element:
    """Several results with the same fields (section 3.4).  ``columns``: var and label; the values
    of one called ``jid`` are JIDs."""
    reported = element(
        f"{{{DATA}}}reported",
        *(
            element(
                f"{{{DATA}}}field", var=var, label=tr(label), type=COLUMNS.get(var, "text-single")
            )
            for var, label in columns
        ),
    )
    items = (
        element(
            f"{{{DATA}}}item",
            *(
                element(f"{{{DATA}}}field", _value(value), var=var)
                for (var, _), value in zip(columns, row, strict=True)
            ),
        )
        for row in rows
    )
    return element(
        f"{{{DATA}}}x",
        _line("title", title),
        _form_type(form_type),
        reported,
        *items,
        type="result",
    )


def _field(field: Field, value: str) -> Element:
    shown = "" if field.kind is FieldKind.SECRET else value
    if field.kind is FieldKind.YES_NO:
        values = ["1" if shown in YES else "0"]
    elif field.kind is FieldKind.LONG:
        values = shown.split("\n") if shown else []
    elif shown or "" in {choice for choice, _ in field.choices}:
        values = [shown]
    else:
        values = []
    return element(
        f"{{{DATA}}}field",
        _line("desc", tr(field.description)),
        element(f"{{{DATA}}}required") if field.required else None,
        *map(_value, values),
        *(
            element(f"{{{DATA}}}option", _value(choice), label=tr(label))
            for choice, label in field.choices
        ),
        var=field.name,
        type=field.kind.value,
        label=tr(field.label),
    )


def _read_only(var: str, label: str, value: str) -> Element:
    lines = value.split("\n")
    kind = FieldKind.LONG if len(lines) > 1 else FieldKind.TEXT
    values = map(_value, lines)
    return element(f"{{{DATA}}}field", *values, var=var, type=kind.value, label=tr(label))


def _form_type(form_type: str) -> Element | None:
    if not form_type:
        return None
    return element(f"{{{DATA}}}field", _value(form_type), var="FORM_TYPE", type="hidden")


def _line(name: str, text: str) -> Element | None:
    return element(f"{{{DATA}}}{name}", text) if text else None


def _value(text: str) -> Element:
    return element(f"{{{DATA}}}value", text)


# Read.


def find(payload: Element) -> Element | None:
    return payload.find(f"{{{DATA}}}x")


def is_cancelled(payload: Element) -> bool:
    found = find(payload)
    return found is not None and found.get("type") == "cancel"


def submitted(payload: Element) -> dict[str, str] | None:
    """Values by ``var`` of the form in it, lines joined; None if there is no form.

    Raises:
        CommandRefused: it is not one that was filled in.
    """
    found = find(payload)
    if found is None:
        return None
    if found.get("type") != "submit":
        raise CommandRefused(Reason.BAD_REQUEST, tr("A form of type submit is expected."))
    values = {}
    for field in found.iterfind(f"{{{DATA}}}field"):
        lines = [value.text or "" for value in field.iterfind(f"{{{DATA}}}value")]
        values[field.get("var", "")] = "\n".join(lines)
    return values


def fill_in(
    fields: Iterable[Field], given: Mapping[str, str], on_file: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What a person gave, over what is on file, over the defaults; every field has a value then.

    An empty secret keeps the one on file (XEP-0077, section 3.2: the server never shows it, so the
    client cannot send it back).

    Raises:
        CommandRefused: (NOT_ACCEPTABLE) names the field.
    """
    on_file = on_file or {}
    filled = {}
    for field in fields:
        before = on_file.get(field.name, field.default)
        value = given.get(field.name, before)
        if field.kind is FieldKind.SECRET:
            value = value or before
        filled[field.name] = _checked(field, value)
    return filled


def _checked(field: Field, value: str) -> str:
    if len(value) > MAX_VALUE:
        raise _wrong(field, tr("is too long"))
    if field.kind in (FieldKind.LONG, FieldKind.SECRET):  # A key has lines, too.
        return _required(field, value)
    value = value.strip()
    if "\n" in value or "\r" in value:
        raise _wrong(field, tr("takes one line only"))
    if field.kind is FieldKind.YES_NO:
        if value not in YES | NO:
            raise _wrong(field, tr("takes yes or no (1 or 0)"))
        return "1" if value in YES else ""
    if field.kind is FieldKind.CHOICE and value not in {"", *(c for c, _ in field.choices)}:
        raise _wrong(field, tr("takes one of the values of its list"))
    return _required(field, value)


def _required(field: Field, value: str) -> str:
    if field.required and not value.strip():
        raise _wrong(field, tr("must be filled in"))
    return value


def _wrong(field: Field, what: str) -> CommandRefused:
    return CommandRefused(
        Reason.NOT_ACCEPTABLE,
        tr("“{label}” {problem}.").format(label=tr(field.label), problem=what),
        field.name,
    )


def said(is_on: bool) -> str:
    return tr("yes") if is_on else tr("no")


def yes_or_no(text: str) -> bool | None:
    """What somebody wrote; None if it is neither."""
    word = text.strip().casefold()
    if word in SAID_YES or word == tr("yes"):
        return True
    return False if word in SAID_NO or word == tr("no") else None
