"""python -m benchmarks [NAME …]"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable

from benchmarks import flat, messages, msn, oscar, rooms, sessions, soap, stalls
from benchmarks.report import Failed, note
from gateway.errors import GatewayError

BENCHMARKS: dict[str, Callable[[bool], None]] = {
    "messages": messages.run,
    "rooms": rooms.run,
    "oscar": oscar.run,
    "msn": msn.run,
    "soap": soap.run,
    "memory": sessions.memory,
    "rest": sessions.rest,
    "flat": flat.run,
    "stalls": stalls.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := set(names) - BENCHMARKS.keys():
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    _allow_many_sockets()
    quick = bool(os.environ.get("QUICK"))
    failures = 0
    for name in names:
        start = time.monotonic()
        try:
            BENCHMARKS[name](quick)
        except (Failed, GatewayError) as error:
            failures += 1
            print(f"benchmarks: {name} failed: {error}", file=sys.stderr)
        note(f"{name} took {time.monotonic() - start:.0f} s")
    return 1 if failures else 0


def _allow_many_sockets() -> None:
    """As many as we may: both we and the gateway have one for each session."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
