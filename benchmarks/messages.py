"""What a message between two people costs, each way, beside two rivals that do less.

…_cpu             always work, queues short (BUSY)
…_cpu_saturated   queues long (SATURATED): more is done in each turn
…_cpu_calm        RATE a second, one by one: waking up, and each read and write, for one message
"""

from benchmarks.report import figure
from benchmarks.traffic import BUSY, SATURATED, Cost, Flow, Inwards, Outwards, loaded, paced
from benchmarks.world import World

SESSIONS = 50

RATE = 1000.0

RIVALS = {"slixmpp_relay": "slixmpp", "gevent_relay": "gevent"}


def run(quick: bool) -> None:
    with World(SESSIONS) as world:
        world.log_in(range(SESSIONS))
        ours = _costs(world, quick)
    _report("im", ours)
    for script, name in RIVALS.items():
        with World(SESSIONS, rival=script) as world:
            theirs = _costs(world, quick)
        _report(name, theirs)
        for key, cost in ours.items():
            figure(f"im_{key}_per_{name}", cost.micros / theirs[key].micros, "ratio")


def _costs(world: World, quick: bool) -> dict[str, Cost]:
    many, seconds = (4_000, 1.0) if quick else (10_000, 4.0)
    flows: dict[str, Flow] = {
        "in": Inwards(world, SESSIONS),
        "out": Outwards(world, SESSIONS),
    }
    costs = {}
    for way, flow in flows.items():
        loaded(world, flow, many // 5, SATURATED)  # Warms up.
        costs[f"{way}_cpu"] = loaded(world, flow, many, BUSY)
        costs[f"{way}_cpu_saturated"] = loaded(world, flow, many, SATURATED)
        costs[f"{way}_cpu_calm"] = paced(world, flow, RATE, seconds)
    return costs


def _report(who: str, costs: dict[str, Cost]) -> None:
    for key, cost in costs.items():
        cost.report(f"{who}_{key}")
