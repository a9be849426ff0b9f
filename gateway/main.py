"""The command line: what each command is called, and what becomes of its errors."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from gateway import check, log, operations, server_config
from gateway.config import load
from gateway.errors import ConfigError, GatewayError
from gateway.prepare import prepare
from gateway.store import migrate, schema_version

ROOT = Path(__file__).parents[1]

OK, FAILED, USAGE = 0, 1, 2

INTERRUPTED = 130
"""128 and SIGINT, as shells have it."""

EXIT_CODES = """\
exit codes:
  0  all is well
  1  it failed, or found something wrong; standard error says what
  2  the command line or the configuration is wrong; standard error says where
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except ConfigError as error:
        return _say(str(error), USAGE)
    except GatewayError as error:
        return _say(str(error), FAILED)
    except BrokenPipeError:  # `gateway.py accounts list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        return _say(f"{traceback.format_exc()}this is a bug in Greengate; please report it", FAILED)


def _say(text: str, code: int) -> int:
    print(f"gateway.py: {text}", file=sys.stderr)
    return code


# Commands.


def run(options: argparse.Namespace) -> int:
    from gateway import service  # Last, so that a wrong configuration is told at once.

    config = load(options.config)
    log.configure(config.log.level)
    try:
        prepare(config)
        service.run(config)
    except (GatewayError, KeyboardInterrupt):
        raise
    except Exception:
        log.exception("gateway.crashed")
        return FAILED
    return OK


def try_out(options: argparse.Namespace) -> int:
    from gateway import trial  # Needs servers that a production machine does not have.

    return trial.main(check=options.check)


def check_all(options: argparse.Namespace) -> int:
    return _code(check.run(options.config))


def migrate_store(options: argparse.Namespace) -> int:
    config = load(options.config)
    migrate(config.store)
    print(f"the tables are at version {schema_version(config.store)}")
    return OK


def print_server_config(options: argparse.Namespace) -> int:
    config = load(options.config)
    is_prosody = options.prosody or config.xmpp.server == "prosody"
    print(server_config.prosody(config) if is_prosody else server_config.ejabberd(config))
    return OK


def list_accounts(options: argparse.Namespace) -> int:
    return _code(operations.list_accounts(load(options.config)))


def show_account(options: argparse.Namespace) -> int:
    return _code(operations.show_account(load(options.config), options.jid))


def remove_account(options: argparse.Namespace) -> int:
    config = load(options.config)
    removed = operations.remove_account(config, options.jid, options.transport, options.account)
    return _code(removed)


def show_sessions(options: argparse.Namespace) -> int:
    return _code(operations.show_sessions(load(options.config), options.watch))


def rotate_key(options: argparse.Namespace) -> int:
    return _code(operations.rotate_key(load(options.config), options.new))


def _code(is_well: bool) -> int:
    return OK if is_well else FAILED


# What can be said on the command line.


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="gateway.py", description="Greengate, an XMPP gateway.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _command(commands, "run", run, "run the gateway in the foreground, logging to standard output")
    add = _command(
        commands, "try", try_out, "run everything on this machine, with servers of its own", False
    )
    add.add_argument("--check", action="store_true", help="play a user through it, then end")
    _command(
        commands, "check", check_all, "try out the configuration, the store and every connection"
    )
    _command(commands, "migrate", migrate_store, "bring the tables up to date (run does it too)")
    add = _command(
        commands, "ejabberd", print_server_config, "print what the XMPP server has to be told"
    )
    add.add_argument(
        "--prosody", action="store_true", help="as Prosody has it, whatever the file says"
    )
    _accounts(commands)
    add = _command(commands, "sessions", show_sessions, "show the sessions of the running gateway")
    add.add_argument("--watch", action="store_true", help="again and again, until Ctrl-C")
    add = _command(
        commands, "rotate-key", rotate_key, "seal everything under the current key, while it runs"
    )
    add.add_argument("--new", action="store_true", help="make a new key the current one first")
    return parser


def _accounts(commands: "_Commands") -> None:
    accounts = _plain(commands, "accounts", "list, show or remove what users have registered")
    actions = accounts.add_subparsers(required=True, metavar="ACTION")
    _command(actions, "list", list_accounts, "every registration")
    add = _command(actions, "show", show_account, "everything about one user, but no secrets")
    add.add_argument("jid", metavar="JID")
    add = _command(actions, "remove", remove_account, "end a session and forget its account")
    add.add_argument("jid", metavar="JID")
    add.add_argument("transport", metavar="TRANSPORT", help="its domain")
    add.add_argument(
        "account", metavar="ACCOUNT", nargs="?", default="", help="if there can be several"
    )


class _Parser(argparse.ArgumentParser):
    """Every --help ends with the exit codes."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(
            **keywords,
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )


_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"


def _plain(commands: _Commands, name: str, text: str) -> _Parser:
    return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")


def _command(
    commands: _Commands,
    name: str,
    function: Callable[[argparse.Namespace], int],
    text: str,
    has_config: bool = True,
) -> _Parser:
    parser = _plain(commands, name, text)
    parser.set_defaults(run=function)
    if has_config:
        parser.add_argument(
            "--config",
            metavar="FILE",
            type=Path,
            default=_default_config(),
            help="instead of gateway.yaml beside gateway.py",
        )
    return parser


def _default_config() -> Path:
    """As short as it can be said: it stands in every message."""
    path = ROOT / "gateway.yaml"
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
