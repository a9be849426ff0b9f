"""Offline messages: as recorded, as other servers send them, and damaged."""

from contextlib import suppress
from datetime import UTC, datetime
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import WireError
from gateway.styling import ILLEGAL
from networks.msn import mime
from networks.msn.oim import (
    TOO_LARGE,
    OfflineMessage,
    Waiting,
    decoded,
    delete_messages,
    get_message,
    get_metadata,
    in_order,
    parse_mail_data,
    parse_message,
    parse_metadata,
)
from networks.msn.soap import Fault, parse_done
from networks.msn.sso import Ticket
from networks.msn.xml import descend, text_of
from tests.networks.msn.outlines import outline
from tests.servers.msn_transcript import answers, read, requests

FIRST = "763CF97A-37B2-4CB3-9AE3-D3574E29FC5B"
SECOND = "407EA804-E4E9-43FE-B505-5FF20BF0F48B"
RUN = "{96875A4C-8C87-46B4-B474-050C86CB95ED}"
AT = datetime(2026, 11, 23, 5, 10, 3, tzinfo=UTC)

BOTH = tuple(
    Waiting(id=id, sender="alice@example.com", name="Alice é", sent_at=AT) for id in (FIRST, SECOND)
)

# What waits.


def notifications() -> list[mime.Message]:
    return [
        message
        for step in read("oim")
        if step.who == "bob" and not step.is_ours and step.data.startswith(b"MSG")
        if (message := mime.parse(step.data.partition(b"\r\n")[2])).field("Mail-Data")
    ]


def test_recorded_mail_data() -> None:
    at_login, later = notifications()
    assert (at_login.type, later.type) == (mime.INITIAL_MAIL, mime.OFFLINE_MESSAGE)
    assert parse_mail_data(at_login) == BOTH
    [third] = parse_mail_data(later) or ()
    assert (third.name, third.sent_at) == ("Alice é", None)


def mail_data(text: str) -> mime.Message:
    return mime.Message(mime.INITIAL_MAIL, f"Mail-Data: {text}\r\n".encode())


def test_other_mail_data() -> None:
    assert parse_mail_data(mail_data("<MD><E><I>0</I></E></MD>")) == ()
    assert parse_mail_data(mail_data(TOO_LARGE)) is None
    assert parse_mail_data(mail_data("")) == parse_mail_data(mime.Message("", b"")) == ()
    mails = "<MD><M><T>1</T><I>x</I></M><M><T>11</T></M><M><T>13</T><I>y</I></M></MD>"
    assert parse_mail_data(mail_data(mails)) == (Waiting(id="y", sender=""),)
    with pytest.raises(WireError):
        parse_mail_data(mail_data("<MD>"))


def test_recorded_metadata() -> None:
    step = answers("oim", "GetMetadata")[0]
    assert parse_metadata(step.status, step.data) == BOTH


ANSWER = "<Envelope><Body><GetMetadataResponse>{}</GetMetadataResponse></Body></Envelope>"


@pytest.mark.parametrize(
    "inside",
    [
        "<MD><M><T>11</T><I>a&amp;b</I></M></MD>",
        "<GetMetadataResult><MD><M><T>11</T><I>a&amp;b</I></M></MD></GetMetadataResult>",
        "&lt;MD&gt;&lt;M&gt;&lt;T&gt;11&lt;/T&gt;&lt;I&gt;a&amp;amp;b&lt;/I&gt;&lt;/M&gt;&lt;/MD&gt;",
        "<x>&amp;lt;MD&amp;gt;&amp;lt;M&amp;gt;&amp;lt;T&amp;gt;11&amp;lt;/T&amp;gt;&amp;lt;I&amp;gt;"
        "a&amp;amp;amp;b&amp;lt;/I&amp;gt;&amp;lt;/M&amp;gt;&amp;lt;/MD&amp;gt;</x>",
    ],
)
def test_metadata_however_escaped(inside: str) -> None:
    data = ANSWER.format(inside).encode()
    assert parse_metadata(200, data) == (Waiting(id="a&b", sender=""),)


def test_metadata_of_nothing() -> None:
    assert parse_metadata(200, ANSWER.format("").encode()) == ()
    assert parse_metadata(403, b"no") == Fault(code="HTTP 403")
    with pytest.raises(WireError):
        parse_metadata(200, ANSWER.format("hello").encode())


# The messages themselves.


def test_recorded_messages() -> None:
    first, second = (parse_message(s.status, s.data) for s in answers("oim", "GetMessage"))
    common = {"sender": "alice@example.com", "name": "Alice é", "sent_at": AT, "run": RUN}
    long = "Offline hello ünï ☺ " + "long " * 40
    assert first == OfflineMessage(text=long, number=1, **common)
    assert second == OfflineMessage(text="second message", number=2, **common)


def mail(text: str) -> OfflineMessage:
    """As it is read."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    inside = f"<GetMessageResult>{escaped}</GetMessageResult>"
    found = parse_message(200, f"<Envelope><Body><A>{inside}</A></Body></Envelope>".encode())
    assert isinstance(found, OfflineMessage)
    return found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("From: a@b.org\n\nhi", OfflineMessage(sender="a@b.org", text="hi")),
        (
            'From: "A, B" <A@b.org>\nContent-Type: text/plain\n\nhé\n\nho\n',
            OfflineMessage(sender="a@b.org", name="A, B", text="hé\n\nho"),
        ),
        (
            "From: =?utf-8?B?w6k=?= =?iso-8859-1?Q?_=E9?=\n <a@b.org>\n"
            "Content-Type: text/plain;\n\tcharset=iso-8859-1\n"
            "Content-Transfer-Encoding: quoted-printable\n\na=E9=\nb",
            OfflineMessage(sender="a@b.org", name="é é", text="aéb"),
        ),
        (
            "From: <a@b.org>\nContent-Transfer-Encoding: BASE64\n\nw6k\n!!\n",
            OfflineMessage(sender="a@b.org", text="é"),
        ),
        (
            "X-OIM-Sequence-Num: x\nX-OriginalArrivalTime: 31 Feb 2026 05:10:03.0000 (UTC)",
            OfflineMessage(sender="", text=""),
        ),
        (
            "X-OIM-Sequence-Num: 7\nX-OriginalArrivalTime: 1 Feb 2026 05:10:03.0000 (UTC)\n\n",
            OfflineMessage(
                sender="", text="", number=7, sent_at=datetime(2026, 2, 1, 5, 10, 3, tzinfo=UTC)
            ),
        ),
    ],
)
def test_other_mails(text: str, message: OfflineMessage) -> None:
    assert mail(text) == message


def test_no_mail() -> None:
    with pytest.raises(WireError, match="no mail"):
        parse_message(200, b"<Envelope><Body><A/></Body></Envelope>")
    assert parse_message(500, b"") == Fault(code="HTTP 500")


@given(st.integers(0, 1_700), st.binary(max_size=8), st.integers(0, 20))
def test_damaged(at: int, other: bytes, cut: int) -> None:
    data = answers("oim", "GetMessage")[0].data
    with suppress(WireError):
        parse_message(200, data[:at] + other + data[at + cut :])
    data = answers("oim", "GetMetadata")[0].data
    with suppress(WireError):
        parse_metadata(200, data[:at] + other + data[at + cut :])


@given(st.text(max_size=40), st.sampled_from(["base64", "quoted-printable", "8bit"]))
def test_any_mail(text: str, encoding: str) -> None:
    clean = ILLEGAL.sub("", text)
    found = mail(f"From: {clean}\nContent-Transfer-Encoding: {encoding}\n\n{clean}")
    assert not ILLEGAL.search(found.text + found.name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("=?utf-8?B?QWxpY2Ugw6k=?=", "Alice é"),
        ("=?utf-8?B?QWxpY2Ugw6k= ?=", "Alice é"),
        ("=?utf-8*en?q?a_=C3=A9?=", "a é"),
        ("x =?utf-8?B?w6k=?= y", "x é y"),
        ("=?utf-8?B?w6k?=  =?utf-8?B?w6k=?=", "éé"),
        ("=?klingon?B?w6k=?=", "é"),
        ("=?utf-8?B?AA==?=", ""),
        ("=?utf-8?B?", "=?utf-8?B?"),
        ("plain é", "plain é"),
    ],
)
def test_decoded(text: str, name: str) -> None:
    assert decoded(text) == name


@given(st.text(max_size=60))
def test_decode_anything(text: str) -> None:
    for word in (text, f"=?utf-8?b?{text}?=", f"=?{text}?q?{text}?="):
        assert not ILLEGAL.search(decoded(word))


def test_in_order() -> None:
    def said(run: str, number: int, second: int | None) -> OfflineMessage:
        at = None if second is None else AT.replace(second=second)
        return OfflineMessage(sender="a", text="", run=run, number=number, sent_at=at)

    ordered = [
        said("", 0, 1),
        said("a", 1, 3),
        said("a", 2, 3),
        said("a", 10, 9),
        said("b", 1, 4),
        said("", 0, 5),
    ]
    assert in_order(ordered[::-1]) == ordered
    assert in_order([said("a", 2, None), said("a", 1, None)])[0].number == 1
    assert in_order([]) == []


# Requests.


def test_requests_are_the_recorded_ones() -> None:
    recorded = requests("oim", "GetMetadata")[0]
    cookie = descend(fromstring(recorded.data), "Header", "PassportCookie")
    assert cookie is not None
    ticket = Ticket("t={}&p={}".format(*map(text_of, cookie)))
    for made, action in (
        (get_metadata(ticket), "GetMetadata"),
        (get_message(ticket, FIRST), "GetMessage"),
        (delete_messages(ticket, [FIRST, SECOND]), "DeleteMessages"),
    ):
        recorded = requests("oim", action)[0]
        assert (made.path, made.action.rpartition("/")[2]) == (recorded.path, action)
        assert outline(made.body) == outline(recorded.data)
    step = answers("oim", "DeleteMessages")[0]
    assert parse_done(step.status, step.data) is None
