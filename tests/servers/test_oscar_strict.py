"""What the fake OSCAR server notes, refuses and limits; and users that a test plays on it."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.servers.oscar import (
    Acked,
    Added,
    Answered,
    Arrived,
    Asked,
    Departed,
    Entered,
    Failed,
    Heard,
    Info,
    Invited,
    Item,
    Left,
    ManualClock,
    Oscar,
    PreAuthorised,
    Results,
    Said,
    SignedOff,
    Typed,
    Warned,
    oscar,
)
from tests.servers.oscar_wire import (
    DATA,
    KEEPALIVE,
    SIGNOFF,
    SIGNON,
    FlapBuffer,
    Reader,
    Snac,
    name8,
    pack_flap,
    tlvs,
    u8,
    u16,
    u32,
    unpack_snac,
)

TIMEOUT = 10.0
SALT = b"AOL Instant Messenger (SM)"
COOKIE = b"12345678"


class Client:
    """The plainest one that gets in."""

    def __init__(self, server: Oscar, port: int = 0, tls: bool = False) -> None:
        sock: socket.socket = socket.create_connection((server.host, port or server.port), TIMEOUT)
        if tls:
            context = ssl.create_default_context(cafile=str(server.ca_file))
            sock = context.wrap_socket(sock, server_hostname=server.host)
        self.sock = sock
        self.sequence = 7
        self.buffer = FlapBuffer()
        self.frames: list[tuple[int, bytes]] = []

    def frame(self, channel: int, body: bytes = b"") -> None:
        self.sock.sendall(pack_flap(channel, self.sequence, body))
        self.sequence += 1

    def send(self, family: int, subtype: int, data: bytes = b"", request_id: int = 5) -> None:
        self.frame(DATA, Snac(family, subtype, data, request_id=request_id).pack())

    def next(self) -> tuple[int, bytes]:
        """Channel and body; (0, b"") at the end of the stream."""
        while not self.frames:
            data = self.sock.recv(65536)
            if not data:
                return 0, b""
            self.frames += [(channel, body) for channel, _, body in self.buffer.feed(data)]
        return self.frames.pop(0)

    def expect(self, family: int, subtype: int) -> Snac:
        while True:
            channel, body = self.next()
            assert channel in (SIGNON, DATA), (channel, body)
            if channel == DATA and unpack_snac(body).kind == (family, subtype):
                return unpack_snac(body)

    def expect_end(self) -> list[tuple[int, bytes]]:
        frames = []
        while (frame := self.next())[0]:
            frames.append(frame)
        return frames


@dataclass(frozen=True, slots=True)
class Place:
    address: str
    cookie: bytes
    secure: int


def log_in(client: Client, name: str, password: str = "secret", flags: int = 1) -> Place:
    client.frame(SIGNON, u32(1))
    client.send(0x17, 0x06, tlvs((0x01, name)))
    key = Reader(client.expect(0x17, 0x07).data).string16()
    secret = hashlib.md5(password.encode()).digest()
    proof = hashlib.md5(key + secret + SALT).digest()
    numbers = [(kind, u16(1)) for kind in (0x16, 0x17, 0x18, 0x19, 0x1A)]
    texts = ((0x01, name), (0x03, "test"), (0x0E, "us"), (0x0F, "en"))
    client.send(0x17, 0x02, tlvs(*texts, *numbers, (0x25, proof), (0x4C, b""), (0x4A, u8(flags))))
    fields = Reader(client.expect(0x17, 0x03).data).tlvs()
    return Place(fields.text(0x05), fields[0x06], fields.number(0x8E))


def connect(server: Oscar, name: str, flags: int = 1) -> Client:
    """To BOS, as far as its families."""
    place = log_in(Client(server), name, flags=flags)
    client = Client(server)
    client.frame(SIGNON, u32(1) + tlvs((0x06, place.cookie)))
    client.expect(0x01, 0x03)
    return client


def sign_on(server: Oscar, name: str, flags: int = 1) -> Client:
    client = connect(server, name, flags)
    client.send(0x01, 0x17, u16(1) + u16(3))
    client.send(0x01, 0x06)
    client.send(0x01, 0x08, b"".join(map(u16, range(1, 6))))
    client.send(0x04, 0x02, u16(0) + u32(3) + u16(8000) + u16(999) * 2 + u32(0))
    client.send(0x01, 0x02, u16(1) + bytes(6))
    client.expect(0x0B, 0x02)
    return client


def message(to: str, text: bytes = b"Hi", *more: tuple[int, bytes]) -> bytes:
    content = bytes.fromhex("0501000101") + b"\x01\x01" + u16(4 + len(text)) + bytes(4) + text
    return COOKIE + u16(1) + name8(to) + tlvs((0x02, content), *more)


@contextmanager
def server_of(kind: str = "oos", **options: object) -> Iterator[Oscar]:
    with oscar(kind, **options) as server:  # type: ignore[arg-type]
        for name in ("100001", "100002"):
            server.add_user(name, authorise=False)
        yield server


# What clients must not do.


def test_sequence_numbers() -> None:
    """Both note a wrong one, and IServerd hangs up without a word."""
    for kind in ("oos", "isd"):
        with server_of(kind) as server:
            client = sign_on(server, "100001")
            client.sequence += 1
            client.send(0x01, 0x0E)
            if kind == "oos":
                client.expect(0x01, 0x0F)
            else:
                assert client.expect_end() == []
            assert "sequence number" in server.violations[0]


@pytest.mark.parametrize(
    ("family", "subtype", "data", "note"),
    [
        (0x04, 0x06, message("100002"), "before 01/02"),
        (0x25, 0x02, b"", "family not in 01/03"),
        (0x01, 0x7F, b"", "nothing here handles"),
        (0x01, 0x08, u16(9), "01/08 for classes [9]"),
    ],
)
def test_before_being_online(family: int, subtype: int, data: bytes, note: str) -> None:
    with server_of() as server:
        client = connect(server, "100001")
        client.send(family, subtype, data)
        server.wait_until(lambda: bool(server.violations), note)
        assert note in server.violations[0]
        assert server.user("100002").received.empty()


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (message("100002", b"caf\xe9"), "charset 0"),
        (bytes(8) + message("100002")[8:], "cookie 0"),
        (COOKIE + u16(1) + name8("100002"), "without its content"),
        (COOKIE + u16(2) + name8("100002") + tlvs((0x05, bytes(26))), "rendezvous"),
        (b"\x01", "8 bytes expected"),
    ],
)
def test_messages_that_are_wrong(data: bytes, note: str) -> None:
    with server_of() as server:
        client = sign_on(server, "100001")
        client.send(0x04, 0x06, data)
        server.wait_until(lambda: bool(server.violations), note)
        assert note in server.violations[0]


def test_frames_that_are_wrong() -> None:
    for channel, body, note in ((DATA, b"\0", "SNAC of 1"), (KEEPALIVE, b"x", "keepalive")):
        with server_of() as server:
            client = sign_on(server, "100001")
            client.frame(channel, body)
            server.wait_until(lambda: bool(server.violations), note)
            assert note in server.violations[0]


def test_request_ids_of_the_server() -> None:
    with server_of() as server:
        client = sign_on(server, "100001")
        client.send(0x01, 0x0E, request_id=0x80000001)
        client.expect(0x01, 0x0F)
        assert "request id" in server.violations[0]


def test_cookies_work_once() -> None:
    with server_of() as server:
        place = log_in(Client(server), "100001")
        for is_first in (True, False):
            client = Client(server)
            client.frame(SIGNON, u32(1) + tlvs((0x06, place.cookie)))
            if is_first:
                client.expect(0x01, 0x03)
            else:
                assert client.expect_end() == [(SIGNON, u32(1))]
        assert "cookie" in server.violations[0]


# Limits.


def test_login_limiter_lets_in_one_a_minute() -> None:
    clock = ManualClock()
    with server_of(clock=clock, login_limit=2) as server:
        for _ in range(2):
            log_in(Client(server), "100001")
        refused = Client(server)
        refused.frame(SIGNON, u32(1))
        refused.send(0x17, 0x06, tlvs((0x01, "100001")))
        answer = refused.expect(0x17, 0x03)
        assert (answer.data, answer.request_id) == (tlvs((0x08, u16(0x1D))), 0)
        assert refused.expect_end() == []
        clock.advance(60)
        log_in(Client(server), "100001")
        assert server.world.turned_away == 1


def test_burst() -> None:
    """Seven pass, then they are dropped, then the connection is closed as if displaced."""
    clock = ManualClock()
    with server_of(clock=clock) as server:
        client, other = sign_on(server, "100001"), server.user("100002")
        other.sign_on()
        for _ in range(20):
            client.send(0x04, 0x06, message("100002"))
        frames = client.expect_end()
        assert frames[-1][0] == SIGNOFF
        assert Reader(frames[-1][1]).tlvs().number(0x09) == 1
        heard = [event for event in other.received.queue if isinstance(event, Heard)]
        assert len(heard) == 7
        assert "dropped, class 3 at 3977" in server.violations[0]
        assert "disconnected, class 3" in server.violations[-1]


def test_news_about_rates_come_after_a_silence() -> None:
    clock = ManualClock()
    with server_of(clock=clock) as server:
        client = sign_on(server, "100001")
        server.user("100002").sign_on()
        for _ in range(5):
            client.send(0x04, 0x06, message("100002"))
        server.wait_sent(0x04, 0x06, count=5)
        clock.advance(1)
        warned = client.expect(0x01, 0x0A).data
        clock.advance(14)
        cleared = client.expect(0x01, 0x0A).data
        assert (warned[1], cleared[1]) == (2, 4)
        assert server.violations == []
        rates = server.rates("100001")
        assert rates is not None
        assert 4000 <= rates.lowest[3] < 5000


def test_offline_messages_are_ten() -> None:
    with server_of(rates=False) as server:
        client = sign_on(server, "100001")
        codes = []
        for number in range(11):
            client.send(0x04, 0x06, message("100002", b"%d" % number, (0x03, b""), (0x06, b"")))
            if number < 10:
                client.expect(0x04, 0x0C)
            else:
                codes.append(client.expect(0x04, 0x01).data)
        assert codes == [u16(4) + tlvs((0x08, u16(0x0F)))]


def test_feedbag_in_parts_and_its_limit() -> None:
    items = tuple(Item(f"10000{number}", 1, number, 0) for number in range(1, 6))
    with oscar("isd", feedbag_part=2, feedbag_limit=6) as server:
        server.add_user("200001", items=items)
        client = sign_on(server, "200001")
        client.send(0x13, 0x05, u32(0) + u16(0))
        parts = [client.expect(0x13, 0x06) for _ in range(3)]
        assert [part.flags for part in parts] == [1, 1, 0]
        assert [part.data[1:3] for part in parts] == [u16(2), u16(2), u16(1)]
        client.send(0x13, 0x05, parts[0].data[-4:] + u16(5))
        assert client.expect(0x13, 0x0F).data == parts[0].data[-4:] + u16(5)
        results = []
        for number, name in enumerate(("romeo", "100006", "100007"), 6):
            client.send(0x13, 0x08, Item(name, 1, number, 0).pack())
            results.append(client.expect(0x13, 0x0E).data[1])
        client.send(0x13, 0x0A, Item("100009", 1, 99, 0).pack())
        results.append(client.expect(0x13, 0x0E).data[1])
        assert results == [0x0A, 0, 0x0C, 2]


# How sessions end.


def test_several_clients_of_one_account() -> None:
    with server_of() as server:
        first, second = (sign_on(server, "100001") for _ in range(2))
        assert "100001" in server.overlaps
        other = server.user("100002")
        other.sign_on()
        other.say("100001", "Hi")
        for client in (first, second):
            assert client.expect(0x04, 0x07)
        third = sign_on(server, "100001", flags=3)
        for client in (first, second):
            (*_, (channel, body)) = client.expect_end()
            assert (channel, Reader(body).tlvs().number(0x09)) == (SIGNOFF, 1)
        third.send(0x01, 0x0E)
        third.expect(0x01, 0x0F)
        assert server.violations == []


def test_ends_without_a_word() -> None:
    with server_of() as server:
        client = sign_on(server, "100001")
        server.drop("100001")
        assert client.expect_end() == []
        server.wait_offline("100001")
        port = server.port
        server.stop()
        with pytest.raises(OSError, match="refused"):
            Client(server)
        server.start()
        assert server.port == port
        sign_on(server, "100001")
        assert server.violations == []


def test_tls_leads_to_tls() -> None:
    """To a port of its own; the log-in does not say so, and another service has to be asked."""
    with server_of(tls=True) as server:
        place = log_in(Client(server, server.tls_port, tls=True), "100001")
        assert (place.address, place.secure) == (f"localhost:{server.tls_port}", 0)
        client = Client(server, server.tls_port, tls=True)
        client.frame(SIGNON, u32(1) + tlvs((0x06, place.cookie)))
        client.expect(0x01, 0x03)
        plain = log_in(Client(server), "100001")
        assert (plain.address, plain.secure) == (f"localhost:{server.port}", 0)


# Users whom a test plays.


def test_played_users_meet() -> None:
    with server_of() as server:
        romeo, juliet = server.user("Romeo M"), server.user("Juliet C")
        for person in (romeo, juliet):
            person.sign_on()
        romeo.add("julietc")
        assert romeo.wait(Results).codes == (0,)
        assert romeo.wait(Arrived).name == "Juliet C"
        juliet.away("<HTML>asleep</HTML>")
        assert romeo.wait(Arrived).away
        romeo.fetch_info("julietc")
        assert romeo.wait(Info).away == "<HTML>asleep</HTML>"
        juliet.idle(600)
        assert romeo.wait(Arrived).idle == 10
        cookie = romeo.say("julietc", "<b>Hi</b>")
        assert romeo.wait(Acked).cookie == cookie
        assert juliet.wait(Heard).text == "<b>Hi</b>"
        romeo.type("julietc")
        assert juliet.wait(Typed) == Typed(sender="Romeo M", event=2)
        romeo.warn("julietc")
        assert juliet.wait(Warned) == Warned(level=100, by="Romeo M")
        juliet.block("romeom")
        assert romeo.wait(Departed).name == "julietc"
        romeo.say("julietc", "Hello?")
        assert romeo.wait(Failed).code == 4
        juliet.unblock("romeom")
        assert romeo.wait(Arrived).name == "Juliet C"
        server.displace("Juliet C")  # Played ones are not: nobody else logs in as them.
        juliet.sign_off()
        assert romeo.wait(Departed).name == "julietc"
        assert server.violations == []


def test_played_users_authorise() -> None:
    with oscar() as server:
        asker, owner = server.user("100001"), server.user("100002")
        for person in (asker, owner):
            person.sign_on()
        asker.add("100002")
        assert asker.wait(Results).codes == (0x0E,)
        asker.add("100002", awaiting=True)
        assert asker.wait(Results).codes == (0,)
        asker.ask("100002", "please")
        assert owner.wait(Asked) == Asked(name="100001", reason="please")
        owner.authorise("100001", granted=False, reason="no")
        assert asker.wait(Answered) == Answered(name="100002", granted=False, reason="no")
        owner.authorise("100001")
        assert asker.wait(Answered).granted
        assert owner.wait(Added).name == "100001"
        assert asker.wait(Arrived).name == "100002"
        asker.pre_authorise("100002")
        assert owner.wait(PreAuthorised).name == "100001"
        assert server.contacts("100001") == ["100002"]


def test_played_users_share_a_room() -> None:
    with server_of() as server:
        romeo, juliet = server.user("romeo"), server.user("juliet")
        for person in (romeo, juliet):
            person.sign_on()
        romeo.join("balcony")
        assert romeo.wait(Entered) == Entered(room="balcony", name="romeo")
        romeo.invite("juliet", "balcony", "Come")
        assert juliet.wait(Invited).room == "4-0-balcony"
        juliet.join("balcony")
        assert romeo.wait(Entered).name == "juliet"
        juliet.say_in("balcony", "O Romeo ♥")
        assert romeo.wait(Said).text == "O Romeo ♥"
        juliet.say_in("balcony", "psst", whisper_to="romeo")
        assert romeo.wait(Said).whisper
        juliet.leave("balcony")
        assert romeo.wait(Left).name == "juliet"
        assert server.violations == []


def test_played_users_show_icons() -> None:
    picture = b"GIF89a..."
    digest = hashlib.md5(picture).digest()
    with server_of() as server:
        romeo, juliet = server.user("romeo"), server.user("juliet")
        for person in (romeo, juliet):
            person.sign_on()
        romeo.add("juliet")
        juliet.announce_icon(digest)
        juliet.upload_icon(picture)
        assert romeo.wait(Arrived, icon=digest).name == "juliet"
        assert server.world.icons == {digest: picture}
        assert server.violations == []


def test_second_log_in_of_a_played_user() -> None:
    with server_of("isd") as server:
        person = server.user("100001")
        person.sign_on()
        sign_on(server, "100001")
        assert Reader(person.wait(SignedOff).reason).tlvs().number(0x09) == 1
        assert server.overlaps == ["100001"]


def test_typing_only_for_those_who_want_it_at_iserverd() -> None:
    with server_of("isd") as server:
        client, person = sign_on(server, "100001"), server.user("100002")
        person.sign_on()
        person.type("100001")
        person.say("100001", "Hi")
        seen: list[tuple[int, int]] = []
        while not seen or seen[-1] != (0x04, 0x07):
            seen.append(unpack_snac(client.next()[1]).kind)
        assert (0x04, 0x14) not in seen
        client.send(0x04, 0x14, bytes(8) + u16(1) + name8("100002") + u16(2))
        assert person.wait(Typed).sender == "100001"
