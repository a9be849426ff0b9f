from typing import Any, cast

from gateway.xmpp.component import Component
from gateway.xmpp.streams import Streams

USER = "juliet@example.org"
DOMAINS = ["irc.example.org", "aim.example.org"]


class Made:
    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def close(self) -> None:
        self.calls.append("close")


def make(domain: str) -> Component:
    return cast(Component, Made(domain))


def calls(streams: Streams) -> list[list[str]]:
    return [cast(Any, stream).calls for stream in streams]


def test_ejabberd_has_one_for_all() -> None:
    streams = Streams("ejabberd", DOMAINS, make)
    streams.start()
    streams.close()
    assert calls(streams) == [["start", "close"]]
    assert {streams.of(USER, domain).domain for domain in (*DOMAINS, "other.example.org")} == {
        "irc.example.org"
    }


def test_prosody_has_one_for_each() -> None:
    streams = Streams("prosody", DOMAINS, make)
    streams.start()
    streams.close()
    assert calls(streams) == [["start", "close"], ["start", "close"]]
    assert [streams.of(USER, domain).domain for domain in DOMAINS] == DOMAINS
