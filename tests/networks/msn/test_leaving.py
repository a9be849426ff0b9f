"""Messages for who is offline, left as the recorded client left them."""

from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.styling import ILLEGAL
from networks.msn.challenge import MSNP15
from networks.msn.leaving import NEEDS_LOCK_KEY, UNKNOWN_RECEIVER, Leaving, store
from networks.msn.soap import parse_done
from networks.msn.sso import Ticket
from networks.msn.xml import descend, text_of
from tests.networks.msn.outlines import outline
from tests.networks.msn.test_oim import RUN, mail
from tests.servers.msn_transcript import answers, requests


def leaving(ticket: str, lock_key: str, text: str, number: int = 1) -> Leaving:
    return Leaving(
        sender="alice@example.com",
        name="Alice é",
        to="bob@example.com",
        text=text,
        run=RUN,
        number=number,
        ticket=Ticket(ticket),
        lock_key=lock_key,
        product=MSNP15,
        dialect="MSNP15",
    )


@pytest.mark.parametrize(
    ("at", "lock_key", "number", "text"),
    [
        (0, "", 1, "first try"),
        (1, "521fdf1c2586c53b01b2b2653dc9085f", 1, "Offline hello ünï ☺ " + "long " * 40),
        (2, "x", 2, "second message"),
    ],
)
def test_store_is_the_recorded_one(at: int, lock_key: str, number: int, text: str) -> None:
    recorded = requests("oim", "Store2")[at]
    header = descend(fromstring(recorded.data), "Header", "Ticket")
    assert header is not None
    made = store(leaving(header.attrib["passport"], lock_key, text, number))
    assert (made.path, made.action) == (
        recorded.path,
        "http://messenger.live.com/ws/2006/09/oim/Store2",
    )
    assert outline(made.body) == outline(recorded.data)


def test_recorded_answers_to_store() -> None:
    asked, stored, _, unknown = (parse_done(s.status, s.data) for s in answers("oim", "Store2")[:4])
    assert asked
    assert (asked.code, asked.lock_key) == (NEEDS_LOCK_KEY, "1850937852")
    assert stored is None
    assert unknown
    assert unknown.code == UNKNOWN_RECEIVER


@given(st.text(max_size=200))
def test_what_we_leave_can_be_read(text: str) -> None:
    envelope = fromstring(store(leaving("t=&p=", '"<&', text)).body)
    content = text_of(descend(envelope, "Body", "Content"))
    assert all(len(line) <= 76 for line in content.split("\n"))
    found = mail(content)
    readable = text.encode(errors="replace").decode()
    assert found.text == ILLEGAL.sub("", readable.replace("\r\n", "\n").replace("\r", "\n")).strip(
        "\n"
    )
    assert (found.run, found.number) == (RUN, 1)
