"""The command line."""

from gevent import monkey

monkey.patch_all()

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.conformance import running
from tests.conformance.greengate import EVERYWHERE
from tests.conformance.page import write
from tests.conformance.results import Results, text
from tests.conformance.run import Run
from tests.conformance.site import Combination
from tests.endtoend.inbox import GUARD

DESCRIPTION = """\
Check a gateway against XEP-0100 and what belongs to it.  Prints a table of ids; the exit status is
0 only if everything that applies has passed.

Without --component, Greengate is started anew on private servers.  A gateway that runs already:

  python -m tests.conformance --component irc.example.org --host example.org \\
      --make-user 'ejabberdctl register {user} example.org {password}' --domain example.org \\
      --network irc --at irc.example.net:6667
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        return report(_combinations(given), given.ids, given.write)
    except ValueError as error:
        parser.error(str(error))


def report(
    combinations: Sequence[Combination], ids: Sequence[str], page: Path | None, part: str = "ours"
) -> int:
    results: Results = Run(combinations, ids).go()
    print(text(results))
    if page:
        write(page, part, results)
    return 0 if results.is_good else 1


def _combinations(given: argparse.Namespace) -> Sequence[Combination]:
    if given.component:
        return [running.combination(given)]
    wanted = [combination for combination in EVERYWHERE if combination.name in given.on]
    if len(wanted) < len(given.on):
        names = ", ".join(combination.name for combination in EVERYWHERE)
        raise ValueError(f"--on {', '.join(given.on)}: must be of {names}")
    return wanted or EVERYWHERE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.conformance",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("ids", nargs="*", help="such as L2; without any, all are checked")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")

    ours = parser.add_argument_group("Greengate")
    ours.add_argument(
        "--on",
        action="append",
        default=[],
        metavar="'SERVER NETWORK'",
        help=f"one of: {', '.join(combination.name for combination in EVERYWHERE)}; repeatable",
    )

    other = parser.add_argument_group("a gateway that runs already")
    other.add_argument("--component", metavar="JID", help="of the gateway")
    other.add_argument("--host", default="127.0.0.1", help="of the XMPP server (127.0.0.1)")
    other.add_argument("--port", type=int, default=5222, help="of it, for clients (5222)")
    other.add_argument(
        "--tls",
        action="store_true",
        help="log in to it with STARTTLS; SSL_CERT_FILE names authorities of your own",
    )
    other.add_argument(
        "--make-user", metavar="COMMAND", help="makes an account {user} with {password} at --domain"
    )
    other.add_argument("--domain", help="of the accounts so made")
    other.add_argument(
        "--users",
        type=Path,
        metavar="FILE",
        help="instead: at least three accounts, a JID and a password on each line.  They are used "
        "in turn; what they have of the gateway in their rosters is removed",
    )
    other.add_argument(
        "--network", choices=running.NETWORKS, default="irc", help="behind the gateway (irc)"
    )
    other.add_argument(
        "--at",
        default="127.0.0.1:6667",
        metavar="HOST:PORT",
        help="irc: the server that people of the suite log in to.  aim, icq: where the suite shall "
        "listen, as the server that the gateway is set up to use (127.0.0.1:6667)",
    )
    other.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the registration form, besides name and password",
    )
    other.add_argument(
        "--lobby", default="", metavar="ROOM", help="users do not register, but join this room"
    )
    other.add_argument("--stop", metavar="COMMAND", help="stops the gateway; with --start")
    other.add_argument(
        "--start", metavar="COMMAND", help="starts it again, and returns when it is up"
    )
    other.add_argument(
        "--patience",
        type=float,
        default=GUARD,
        metavar="SECONDS",
        help=f"to wait for anything ({GUARD:g})",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
