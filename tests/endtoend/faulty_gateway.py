"""``gateway.py`` with a bug in each part of an IRC session, which a magic word sets off.

Started in place of it by the stories about containment.
"""

import sys
from collections.abc import Callable
from typing import Any

from gevent import monkey

monkey.patch_all()

from gateway.main import main  # noqa: E402
from networks.irc.fsm import IrcFsm  # noqa: E402
from networks.irc.translator import IrcTranslator  # noqa: E402
from networks.irc.wire import IrcCodec  # noqa: E402


def plant(owner: type, method: str, word: str) -> None:
    good: Callable[[Any, Any], Any] = getattr(owner, method)

    def bad(self: Any, given: Any) -> Any:
        if word in repr(given):
            raise RuntimeError(f"planted: {word}")
        return good(self, given)

    setattr(owner, method, bad)


plant(IrcCodec, "receive", "bug-in-reader")
plant(IrcFsm, "handle", "bug-in-fsm")
plant(IrcTranslator, "translate", "bug-in-translator")

if __name__ == "__main__":
    sys.exit(main())
