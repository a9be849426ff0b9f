"""Logging in, and what a session that does nothing costs: memory, and CPU at rest."""

import time

from benchmarks.report import figure
from benchmarks.world import World

LOGINS = 1000


def memory(quick: bool) -> None:
    """Against a gateway that nobody has registered with."""
    with World() as world:
        world.settle()
        empty = world.memory()
    figure("memory_empty", empty / 1e6, "MB")
    steps = (LOGINS, 2000) if quick else (LOGINS, 2000, 5000)
    with World(steps[-1]) as world:
        done = 0
        for step in steps:
            cpu, start = world.cpu(), time.monotonic()
            world.log_in(range(done, step))
            if step == LOGINS:
                figure("login_1000_seconds", time.monotonic() - start, "s")
                figure("login_cpu", (world.cpu() - cpu) / LOGINS * 1e6, "us")
            figure(f"memory_session_{step}", (world.memory() - empty) / step / 1e3, "kB")
            done = step


RESTING = 1000

OFTEN = 10
"""Seconds between two pings, where the default is 90."""


def rest(quick: bool) -> None:
    """Nothing is sent; then the same with everybody asking their server every 10 s."""
    seconds = 4.0 if quick else 20.0
    for name, ping_seconds in (("rest_cpu", 3600), ("rest_cpu_pings_10s", OFTEN)):
        with World(RESTING, ping_seconds=ping_seconds) as world:
            world.log_in(range(RESTING))
            world.loop.run(1.0)
            cpu = world.cpu()
            world.loop.run(seconds)
            figure(name, (world.cpu() - cpu) / seconds * 100, "percent")
