"""An IRC server that sends what no server should.

One malformed stanza would close the stream to the XMPP server for everybody (``xmpp.lost``), which
the gateway fixture takes for a mistake.
"""

import random
from collections.abc import Iterator

import gevent
import pytest

from gateway.trial.ejabberd import Ejabberd
from gateway.trial.ngircd import Ngircd
from tests.endtoend.inbox import GUARD
from tests.endtoend.pliant import Server
from tests.endtoend.rig import HOSTILE, Gateway, Stage, nick_of, running, transports
from tests.servers.inspircd import Inspircd

LINES = 3000

NASTY = (
    *map(chr, range(1, 32)),
    *(
        "<",
        ">",
        "&",
        "'",
        '"',
        "]]>",
        "<!--",
        "<?xml",
        "&#0;",
        "\x7f",
        "\ufffe",
        "\uffff",
        "\ufdd0",
    ),
    *("\u202e", "\ud7ff", "\U0001f339", "\U0010ffff", "/", "@", "%", "\\20", " ", ":", "*", "\xad"),
    *("\u3000", "ß", "İ", "ﬀ", "\u0301", "#", "x" * 300, "é" * 200, "a", "b", "c"),
)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def gateway(
    server: Server,
    xmpp_alone: Ejabberd,
    irc: Ngircd,
    insp: Inspircd,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("hostile")
    with running(Gateway(folder, xmpp_alone, transports(irc, insp, server.port))) as gateway:
        yield gateway


@pytest.mark.parametrize("seed", [1597])
def test_nothing_a_server_sends_ends_the_stream(
    gateway: Gateway, server: Server, stage_alone: Stage, seed: int
) -> None:
    user = stage_alone.registered(HOSTILE)
    nick = nick_of(user)
    room = f"#verona@{HOSTILE}"
    user.join(f"{room}/{nick}")
    dice = random.Random(seed)
    for _ in range(LINES):
        line = nasty_line(dice, nick)
        try:
            server.send(line)
        except OSError as error:
            pytest.fail(f"{error}: the session has ended, perhaps after {line!r}")
    server.send(f":romeo!u@h PRIVMSG {nick} :the end")
    user.expect("the end", lambda s: s.text("body") == "the end")
    user.say(room, "still here", "groupchat")
    server.lines.expect(lambda line: "still here" in line, "the user")
    assert gateway.count("event=session.offline") == 0
    with gevent.Timeout(GUARD):
        user.fence(HOSTILE)


def nasty_line(dice: random.Random, me: str) -> str | bytes:
    def word() -> str:
        """A line without a command is no IRC, and would end the session."""
        return "".join(dice.choices(NASTY, k=dice.randint(1, 6))).replace(" ", "_")

    def text() -> str:
        return "".join(dice.choices(NASTY, k=dice.randint(0, 12)))

    source = f"{word()}!{word()}@{word()}"
    lines = (
        f":{source} JOIN #verona",
        f":{source} PRIVMSG #verona :{text()}",
        f":{source} PRIVMSG {me} :{text()}",
        f":{source} PRIVMSG {me} :\x01ACTION {text()}\x01",
        f":{source} PRIVMSG {me} :\x01{word()} {text()}\x01",
        f":{source} NOTICE {me} :{text()}",
        f":romeo!u@h NICK :{word()}",
        f":{source} NICK :romeo",
        f":romeo!u@h TOPIC #verona :{text()}",
        f":romeo!u@h INVITE {me} :#{word()}",
        f":romeo!u@h KICK #verona {word()} :{text()}",
        f":romeo!u@h MODE #verona +{word()} {word()} {word()}",
        f":{source} QUIT :{text()}",
        f":{source} PART #verona :{text()}",
        f":irc.test {dice.randint(2, 999):03} {me} {word()} {word()} :{text()}",
        f":irc.test 353 {me} = #verona :{word()} {word()}",
        f"@msgid={word()};time={word()};+typing=active :{source} TAGMSG #verona",
        f"@{word()}={word()} :{source} PRIVMSG #verona :{text()}",
        f":irc.test {''.join(dice.choices('ABIKNPT019', k=4))} {word()} :{text()}",
        f":irc.test PRIVMSG {me} :".encode() + dice.randbytes(dice.randint(1, 80)),
    )
    line = dice.choice(lines)
    forbidden = (b" 433 ", b"ERROR", b" 465 ", b" 464 ", f"KICK #verona {me}".encode())
    raw = line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass")
    return b":irc.test PING x" if any(word in raw for word in forbidden) else raw
