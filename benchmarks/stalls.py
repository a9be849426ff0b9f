"""The longest that anybody waits while a thousand messages a second go through.

Each message has a number, and the driver looks when it arrives.  A message is late when the hub
stood still, or when the machine had no time for the gateway (or for the driver: its own longest
delay is told beside).
"""

import time

from benchmarks.probes import Probes
from benchmarks.report import Failed, figure
from benchmarks.world import World, jid, nick
from benchmarks.xmpp_server import DOMAIN

ACTIVE = 50
IDLE = 1000
IDLE_QUICK = 200
RATE = 1000

ARRIVE_SECONDS = 20.0


def run(quick: bool) -> None:
    seconds, idle = (4, IDLE_QUICK) if quick else (20, IDLE)
    with World(ACTIVE + idle) as world:
        world.log_in(range(ACTIVE + idle))
        world.loop.run(1.0)
        stalled = world.logged("hub.stalled")
        probes = Probes()
        world.xmpp.probes = world.ircd.probes = probes
        lag = _send(world, probes, seconds * RATE)
        world.loop.until(
            lambda: len(probes.seconds) == seconds * RATE,
            ARRIVE_SECONDS,
            lambda: f"{len(probes.seconds)} of {seconds * RATE} messages came",
        )
        world.settle()
        stalled = world.logged("hub.stalled") - stalled
    late = sorted(probes.seconds)
    figure("stall_longest", late[-1] * 1e3, "ms")
    figure("stall_p99", late[len(late) * 99 // 100] * 1e3, "ms")
    figure("stall_median", late[len(late) // 2] * 1e3, "ms")
    figure("stall_driver_longest", lag * 1e3, "ms")
    figure("stall_hub_events", stalled, "count")


def _send(world: World, probes: Probes, messages: int) -> float:
    """Every other one each way.  Returns how late the driver itself was at worst."""
    start, longest = time.monotonic(), 0.0
    for number in range(messages):
        planned = start + number / RATE
        while (left := planned - time.monotonic()) > 0:
            world.loop.turn(left)
        longest = max(longest, time.monotonic() - planned)
        who = number // 2 % ACTIVE
        if number % 2:
            world.ircd.people[nick(who)].send(
                b":juliet!capulet@verona.example PRIVMSG %s :%s\r\n" % (nick(who), probes.text())
            )
        else:
            world.xmpp.send(
                b"<message from='%s/bench' to='juliet@%s' type='chat' id='p%d'>"
                b"<body>%s</body></message>" % (jid(who), DOMAIN, number, probes.text())
            )
        world.loop.turn(0)
        if not world.child.alive:
            raise Failed(str(world.child.ended()))
    return longest
