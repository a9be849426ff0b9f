"""An IRC server that lets everybody in, keeps one channel per name, and counts what is said.

It offers no capabilities, so the gateway confirms messages by PING and PONG, as it has to on most
networks.  https://modern.ircdocs.horse/
"""

from benchmarks import server
from benchmarks.loop import Loop
from benchmarks.probes import Probes
from benchmarks.server import Server

SERVER = b"irc.bench.example"


class Connection(server.Connection):
    _server: "Ircd"
    _is_introduced = False
    _is_negotiating = False
    _is_welcome = False

    @property
    def source(self) -> bytes:
        return b":%s!%s@client.bench.example" % (self.name, self.name)

    def received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        end = data.rfind(b"\n") + 1
        data, self._rest = data[:end], data[end:]
        said = data.count(b"PRIVMSG ")
        if said:
            self._server.said += said
            if self._server.probes:
                self._server.probes.look(data)
        if said < data.count(b"\n") or self._server.channels:
            for line in data.split(b"\r\n"):
                if line:
                    self._line(line)

    def _line(self, line: bytes) -> None:
        command, _, rest = line.partition(b" ")
        match command:
            case b"PING":
                self.send(b":%s PONG %s %s\r\n" % (SERVER, SERVER, rest))
            case b"PRIVMSG" if rest.startswith(b"#"):
                self._server.say(self, rest.partition(b" ")[0], line)
            case b"CAP":
                self._capabilities(rest)
            case b"NICK":
                self.name = rest
            case b"USER":
                self._is_introduced = True
                self._welcome()
            case b"JOIN":
                self._server.join(self, rest.partition(b" ")[0])
            case b"MODE" if rest.startswith(b"#"):
                self._numeric(b"324", rest + b" +nt")
            case b"WHO":
                self._numeric(b"315", rest + b" :End of WHO list")
            case b"QUIT":
                self.close()

    def _capabilities(self, rest: bytes) -> None:
        self._is_negotiating = rest.startswith(b"LS")
        if self._is_negotiating:
            self.send(b":%s CAP * LS :\r\n" % SERVER)
        else:
            self._welcome()

    def _welcome(self) -> None:
        if self._is_introduced and not self._is_negotiating and not self._is_welcome:
            self._is_welcome = True
            self._numeric(b"001", b":Welcome " + self.source[1:])
            self._numeric(b"005", b"CASEMAPPING=ascii PREFIX=(ov)@+ CHANTYPES=# :are supported")
            self._numeric(b"422", b":MOTD File is missing")
            self._server.people[self.name] = self

    def _numeric(self, number: bytes, rest: bytes) -> None:
        self.send(b":%s %s %s %s\r\n" % (SERVER, number, self.name, rest))

    def names(self, channel: bytes, nicks: list[bytes]) -> None:
        self._numeric(b"353", b"= %s :%s" % (channel, b" ".join(nicks)))
        self._numeric(b"366", b"%s :End of NAMES list" % channel)


class Ircd(Server):
    connection = Connection

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self.channels: dict[bytes, list[Connection]] = {}
        self.probes: Probes | None = None

    def join(self, newcomer: Connection, channel: bytes) -> None:
        members = self.channels.setdefault(channel, [])
        members.append(newcomer)
        for member in members:
            member.send(b"%s JOIN %s\r\n" % (newcomer.source, channel))
        newcomer.names(channel, [member.name for member in members])

    def say(self, speaker: Connection, channel: bytes, line: bytes) -> None:
        said = b"%s %s\r\n" % (speaker.source, line)
        for member in self.channels.get(channel, ()):
            if member is not speaker:
                member.send(said)

    def left(self, who: Connection) -> None:
        super().left(who)
        for members in self.channels.values():
            if who in members:
                members.remove(who)
