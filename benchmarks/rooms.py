"""What a message in a room costs, where every occupant is a session of ours."""

from benchmarks.report import figure
from benchmarks.traffic import BUSY, SATURATED, TEXT, loaded
from benchmarks.world import World, jid, nick
from benchmarks.xmpp_server import DOMAIN

OCCUPANTS = 20

ROOM = b"#balcony"

ENTER_SECONDS = 30.0


class Room:
    """Each message arrives once for each occupant."""

    sessions = OCCUPANTS
    copies = OCCUPANTS

    def __init__(self, world: World) -> None:
        self._world = world

    def arrived(self) -> int:
        return self._world.xmpp.messages

    def send_many(self, number: int, at_most: int) -> int:
        for _ in range(at_most):
            self.send(number)
        return at_most

    def send(self, number: int) -> None:
        raise NotImplementedError


class FromNetwork(Room):
    """Somebody on the network speaks, and their server tells every session."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._line = b":juliet!capulet@verona.example PRIVMSG %s :%s\r\n" % (ROOM, TEXT)
        self._occupants = world.ircd.channels[ROOM]

    def send(self, number: int) -> None:
        for occupant in self._occupants:
            occupant.send(self._line)


class FromXmpp(Room):
    """One of ours speaks: the server tells the others, and the gateway reflects it to them."""

    def send(self, number: int) -> None:
        who = number % OCCUPANTS
        self._world.xmpp.send(
            b"<message from='%s/bench' to='%s@%s' type='groupchat' id='r%d'><body>%s</body>"
            b"</message>" % (jid(who), ROOM, DOMAIN, number, TEXT)
        )


def run(quick: bool) -> None:
    messages = 200 if quick else 600
    with World() as world:
        _enter(world)
        for name, flow in (("in", FromNetwork(world)), ("out", FromXmpp(world))):
            loaded(world, flow, messages // 4, SATURATED)  # Warms up.
            cost = loaded(world, flow, messages, BUSY)
            figure(f"room_{name}_cpu", cost.micros, "us")
            figure(f"room_{name}_delivery_cpu", cost.micros / OCCUPANTS, "us")


def _enter(world: World) -> None:
    """As guests; each waits for the one before, because everybody is told of everybody."""
    for number in range(OCCUPANTS):
        world.xmpp.send(
            b"<presence from='%s/bench' to='%s@%s/%s'>"
            b"<x xmlns='http://jabber.org/protocol/muc'/></presence>"
            % (jid(number), ROOM, DOMAIN, nick(number))
        )
        wanted = number + 1
        world.loop.until(
            lambda wanted=wanted: world.xmpp.seated >= wanted,  # type: ignore[misc]
            ENTER_SECONDS,
            lambda: f"{world.xmpp.seated} of {OCCUPANTS} are in the room",
        )
    world.settle()
