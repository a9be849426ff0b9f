"""Gives an FSM what was recorded of a server, and keeps what it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.fsm import Codec, Connect, Fetch, HangUp, Lost, Send, Stop, Tell, Timer, Wake


class Replay:
    """Each network has its own, which knows how its recordings look."""

    def __init__(self, fsm: Any) -> None:
        self.fsm = fsm
        self.codecs: dict[str, Codec[Any]] = {}
        """By link."""
        self.connects: list[Connect] = []
        self.news: list[Any] = []
        self.wakes: dict[str, float] = {}
        self.stopped = False

    def start(self) -> None:
        self._do(self.fsm.start())

    def give(self, given: Any) -> None:
        """A command, or anything else an FSM may be given."""
        if not self.stopped:
            self._do(self.fsm.handle(given))

    def fire(self, name: str) -> None:
        """The time of a timer is over."""
        assert name in self.wakes, f"nobody asked for {name}, only for {sorted(self.wakes)}"
        del self.wakes[name]
        self.give(Timer(name))

    def told(self, type: type) -> list[Any]:
        return [news for news in self.news if isinstance(news, type)]

    def connect(self, effect: Connect) -> None:
        self.connects.append(effect)
        self.codecs[effect.link] = effect.codec

    def lose(self, link: str, detail: str) -> None:
        if self.codecs.pop(link, None):
            self.give(Lost(detail, link))

    def keep(self, link: str, frame: Any) -> None:
        """It was sent."""
        raise NotImplementedError

    def fetch(self, fetch: Fetch) -> None:
        raise NotImplementedError

    def _do(self, effects: Iterable[Any]) -> None:
        lost: list[str] = []
        fetches: list[Fetch] = []
        for effect in effects:
            match effect:
                case Connect():
                    self.connect(effect)
                case Send(frame=frame, link=link):
                    self.keep(link, frame)
                case HangUp(link=link):
                    lost.append(link)
                case Wake(name=name, seconds=seconds):
                    self.wakes[name] = seconds
                case Fetch():
                    fetches.append(effect)
                case Tell(news=news):
                    self.news.append(news)
                case Stop():
                    self.stopped = True
        for link in lost:
            self.lose(link, "closed")
        for fetch in fetches:
            self.fetch(fetch)
