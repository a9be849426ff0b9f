"""Whether a message costs the same whatever else is logged in."""

from benchmarks.report import figure
from benchmarks.traffic import BUSY, SATURATED, Flow, Inwards, Outwards, loaded
from benchmarks.world import World

ACTIVE = 50
IDLE = (0, 1000, 2000)
IDLE_QUICK = (0, 500)


def run(quick: bool) -> None:
    messages, steps = (3_000, IDLE_QUICK) if quick else (10_000, IDLE)
    first: dict[str, float] = {}
    with World(ACTIVE + steps[-1]) as world:
        done = 0
        for idle in steps:
            world.log_in(range(done, ACTIVE + idle))
            done = ACTIVE + idle
            flows: dict[str, Flow] = {
                "in": Inwards(world, ACTIVE),
                "out": Outwards(world, ACTIVE),
            }
            for way, flow in flows.items():
                loaded(world, flow, messages // 5, SATURATED)  # Warms up.
                cost = loaded(world, flow, messages, BUSY).micros
                figure(f"flat_{way}_{idle}", cost, "us")
                if idle:
                    figure(f"flat_{way}_{idle}_ratio", cost / first[way], "ratio")
                else:
                    first[way] = cost
