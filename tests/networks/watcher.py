"""Does what a session would do with an FSM that is given anything, and counts the answers."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Any, ClassVar, get_args, get_type_hints

from hypothesis import strategies as st

from gateway.commands import Command, Logout
from gateway.events import LoggedOut, Offline
from gateway.fsm import MAIN, Codec, Lost, Send, Stop, Tell, Wake
from gateway.ids import ChatId, PersonId, Token
from gateway.network import Network


def not_handled(network: Network) -> set[str]:
    """Names of commands."""
    return {kind.__name__ for kind in {*get_args(Command)} ^ network.commands}


def any_command(network: Network, names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Of those that the network handles, but for Logout; about ``names``."""
    ids = {ChatId: names, PersonId: names, Token: st.just("numbered by the watcher")}

    def some(kind: type) -> st.SearchStrategy[Any]:
        hints = get_type_hints(kind)
        return st.builds(kind, **{name: ids.get(hint, ...) for name, hint in hints.items()})

    kinds = sorted(network.commands - {Logout}, key=lambda kind: kind.__name__)
    return st.one_of([some(kind) for kind in kinds])


class Watcher:
    """Each network has its own, which knows its timers and its links."""

    network: ClassVar[Network]
    codec: ClassVar[Codec[Any]]
    timers: ClassVar[Container[str]]
    more_timers: ClassVar[tuple[str, ...]] = ()
    """What the names of others begin with."""
    unasked: ClassVar[tuple[type, ...]] = ()
    """Events that answer a command or come by themselves."""

    def __init__(self, fsm: Any) -> None:
        self.fsm = fsm
        self.translator = self.network.translator()
        self.asked: set[str] = set()
        self.answered: Counter[str] = Counter()
        self.ends: list[LoggedOut] = []
        self.is_over = False

    def give(self, given: Any) -> None:
        if hasattr(given, "token"):
            given = replace(given, token=Token(str(len(self.asked))))
            self.asked.add(given.token)
        for effect in self.fsm.handle(given):
            assert not self.is_over, f"{effect} after Stop"
            self.do(effect)

    def do(self, effect: Any) -> None:
        match effect:
            case Send(frame):
                self.codec.encode(frame)
            case Wake(name, seconds):
                assert name in self.timers or name.startswith(self.more_timers)
                assert seconds > 0
            case Tell(news):
                for event in self.translator.translate(news):
                    self.note(event)
            case Stop():
                self.is_over = True

    def note(self, event: Any) -> None:
        assert not self.ends, f"{event} after LoggedOut"
        if isinstance(event, LoggedOut):
            self.ends.append(event)
        elif hasattr(event, "token") and not (event.token is None and type(event) in self.unasked):
            assert event.token is not None, event
            self.answered[event.token] += 1

    def check(self) -> None:
        """All that was asked is answered, once."""
        assert self.answered == Counter(self.asked)

    def last_link(self) -> str:
        """Without which there is no session."""
        return MAIN

    def lose(self) -> None:
        """It has ended, or does when its connection is lost; in vain it may have tried another."""
        while not self.is_over:
            self.give(Lost("the end", self.last_link()))
        assert len(self.ends) == 1
        self.check()

    def log_out(self, then: Iterable[Any]) -> None:
        """And whatever comes then, nothing is done any more."""
        self.give(Logout())
        assert [end.why for end in self.ends] == [Offline.ASKED]
        for given in then:
            assert list(self.fsm.handle(given)) == []
