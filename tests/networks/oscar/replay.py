"""Gives an FSM the server's side of a transcript, and keeps what it does.

    links = {"alice@auth": "auth", "alice": "main"}
    replay = Replay(OscarFsm(how("ProbeAlice", "alicepw1")), "aim_pair", links)
    replay.run_to("04/06")                           # The recorded client is about to write.
    replay.give(SendMessage(chat="probebob", …))
    assert replay.meant("04/06") == replay.recorded("04/06")

Answers carry the request ids of the FSM's own questions: the first 13/05 of the recorded client is
the first of the FSM, and so on.  What was answered to a question that the FSM did not ask is passed
over (``skipped``).  Bytes are taken apart and put together by the fake server's code, so nothing
here depends on how frames look inside of networks/oscar, but for ``Codec``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gateway.fsm import Connected, Got
from tests.networks import replay
from tests.servers import oscar_text as text
from tests.servers.oscar_transcript import Step, Way, read
from tests.servers.oscar_users import ident, read_items
from tests.servers.oscar_wire import DATA, HEADER, FlapBuffer, Reader, Snac, pack_flap, unpack_snac
from tests.servers.oscar_world import SERVER_ID

Meaning = tuple[Any, ...]

ONE = {"13/05": "13/04", "02/15": "02/05"}
"""Two ways to ask the same, with the same answer."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame that went to the server; other channels than 2 have no SNAC."""

    link: str
    channel: int
    body: bytes

    @property
    def snac(self) -> Snac | None:
        return unpack_snac(self.body) if self.channel == DATA else None

    @property
    def kind(self) -> str:
        """``04/06``, or the channel."""
        snac = self.snac
        return f"{snac.family:02x}/{snac.subtype:02x}" if snac else str(self.channel)

    @property
    def question(self) -> str:
        return ONE.get(self.kind, self.kind)


class Replay(replay.Replay):
    def __init__(self, fsm: Any, transcript: str, links: dict[str, str]) -> None:
        """``links``: the recorded connections that are the FSM's, and its names for them."""
        super().__init__(fsm)
        self.links = links
        self.steps = [step for step in read(transcript) if step.link in links]
        self.at = 0
        self.connected: set[str] = set()
        self.sent: list[Sent] = []
        self.skipped: list[Step] = []
        self.start()

    # The script.

    def run_to(self, kind: str) -> None:
        """Up to where the recorded client sends the next of these."""
        while not self._sends(self.steps[self.at], kind):
            self._step(self.steps[self.at])
            self.at += 1
        self._step(self.steps[self.at])  # It sends it; the FSM must do so by itself.
        self.at += 1

    def run(self) -> None:
        """To the end."""
        for step in self.steps[self.at :]:
            self._step(step)
        self.at = len(self.steps)

    def fire_all(self, prefix: str) -> None:
        """Timers whose names begin so, until there are no more of them."""
        while names := [name for name in self.wakes if name.startswith(prefix)]:
            self.fire(names[0])

    # What came of it.

    def meant(self, kind: str) -> Meaning:
        """By the latest SNAC of this kind that the FSM sent."""
        found = [sent for sent in self.sent if sent.kind == kind]
        assert found, f"no {kind} among {[sent.kind for sent in self.sent]}"
        return meaning(found[-1])

    def recorded(self, kind: str) -> Meaning:
        """By the latest one of the recorded client."""
        steps = [step for step in self.steps[: self.at] if self._sends(step, kind)]
        return meaning(self._frame(steps[-1]))

    # How.

    def _sends(self, step: Step, kind: str) -> bool:
        return step.way is Way.SENT and self._frame(step).kind == kind

    def _frame(self, step: Step) -> Sent:
        _, channel, _, _ = HEADER.unpack_from(step.data)
        return Sent(self.links[step.link], channel, step.data[HEADER.size :])

    def _step(self, step: Step) -> None:
        link = self.links[step.link]
        match step.way:
            case Way.CONNECT if link in self.codecs:
                self.connected.add(link)
                self.give(Connected(link))
            case Way.RECEIVED if link in self.connected:
                self._receive(step, link)
            case Way.SERVER_CLOSED if link in self.connected:
                self._feed(link, step.data)
                self.lose(link, "closed by the server")

    def _receive(self, step: Step, link: str) -> None:
        _, channel, sequence, _ = HEADER.unpack_from(step.data)
        body = step.data[HEADER.size :]
        if channel == DATA:
            snac = unpack_snac(body)
            if 0 < snac.request_id < SERVER_ID:
                asked = self._counterpart(step, snac.request_id)
                if asked is None:
                    self.skipped.append(step)
                    return
                body = replace(snac, request_id=asked).pack()
        self._feed(link, pack_flap(channel, sequence, body))

    def _counterpart(self, step: Step, request_id: int) -> int | None:
        """The id that the FSM gave to what the recorded client asked with this one."""
        asked = [
            self._frame(one)
            for one in self.steps[: self.steps.index(step)]
            if one.way is Way.SENT and one.link == step.link
        ]
        ids = [(sent.question, sent.snac.request_id) for sent in asked if sent.snac]
        questions = [question for question, id in ids if id == request_id]
        if not questions:
            return request_id  # Of somebody else: a typing event, say, that was passed on.
        alike = [id for question, id in ids if question == questions[-1]]
        number, link = alike.index(request_id), self.links[step.link]
        own = [sent for sent in self.sent if (sent.link, sent.question) == (link, questions[-1])]
        found = own[number].snac if number < len(own) else None
        return found.request_id if found else None

    def _feed(self, link: str, data: bytes) -> None:
        for frame in self.codecs[link].receive(data):
            if link in self.connected:
                self.give(Got(frame, link))

    def lose(self, link: str, detail: str) -> None:
        self.connected.discard(link)
        super().lose(link, detail)

    def keep(self, link: str, frame: Any) -> None:
        if link in self.codecs:
            for channel, _, body in FlapBuffer().feed(self.codecs[link].encode(frame)):
                self.sent.append(Sent(link, channel, body))


# What clients mean.


def meaning(sent: Sent) -> Meaning:
    """Without request ids, cookies, and how names are written."""
    snac = sent.snac
    if snac is None:
        return "frame", sent.channel
    reader = Reader(snac.data)
    match snac.kind:
        case (0x04, 0x06):
            return _message(reader)
        case (0x04, 0x14):
            reader.take(10)
            return ident(reader.name8()), reader.u16()
        case (0x13, 0x08 | 0x09 | 0x0A):
            items = read_items(snac.data)
            return tuple((ident(item.name), item.kind, _fields(item.tlvs)) for item in items)
        case (0x13, 0x18):
            return ident(reader.name8()), reader.string16()
        case (0x13, 0x1A):
            return ident(reader.name8()), reader.u8(), reader.string16()
        case (0x01, 0x1E) | (0x02, 0x04):
            return (_fields(snac.data),)
        case (0x02, 0x05):
            return reader.u16(), ident(reader.name8())
        case (0x02, 0x15):
            return reader.u32(), ident(reader.name8())
        case (0x17, 0x02):
            fields = reader.tlvs()
            return ident(fields.text(0x01)), fields[0x25].hex(), 0x4C in fields
        case (0x0E, 0x05):
            return _said(reader)
    return (snac.data.hex(),)


def _fields(data: bytes) -> dict[int, str]:
    return {kind: value.hex() for kind, value in Reader(data).tlvs().pairs}


def _message(reader: Reader) -> Meaning:
    reader.take(8)
    channel, name, fields = reader.u16(), ident(reader.name8()), reader.tlvs()
    if channel == 1:
        return name, text.read(fields[0x02]), 0x04 in fields
    if channel == 2:
        offer = fields[0x05]
        return name, int.from_bytes(offer[:2], "big"), offer[10:26].hex(), offer[26:].hex()
    return name, fields[0x05].hex()


def _said(reader: Reader) -> Meaning:
    reader.take(10)
    fields = reader.tlvs()
    content = Reader(fields[0x05]).tlvs()
    return 0x01 in fields, fields.text(0x02), content.text(0x02), content[0x01].hex()
