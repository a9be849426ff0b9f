"""Whether a message costs the same whatever else is logged in."""

from benchmarks.report import figure
from benchmarks.traffic import BUSY, SATURATED, Flow, Inwards, Outwards, loaded
from benchmarks.world import World

ACTIVE = 50
IDLE = (0, 1000, 2000)


def run(quick: bool) -> None:
    messages = 5_000 if quick else 10_000
    first: dict[str, float] = {}
    with World(ACTIVE + IDLE[-1]) as world:
        done = 0
        for idle in IDLE:
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
