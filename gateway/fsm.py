"""What a state machine is given, and what it may ask for.

An FSM never touches a socket, a queue, a clock or a random source: it is given inputs and yields
effects.  So its test is a list of both, and the same FSM runs under gevent or under a fuzzer.
"""

from collections.abc import Iterator
from dataclasses import field
from typing import Any, Generic, Protocol, TypeVar

from gateway.commands import Command
from gateway.frozen import frozen

FrameT = TypeVar("FrameT")
NewsT = TypeVar("NewsT")

MAIN = "main"
"""The link an FSM opens first.  Most networks need no other."""


class Codec(Protocol[FrameT]):
    """Bytes to frames and back.  Does no input or output and knows no session state.

    Two codecs compare equal when they were made alike, whatever they have in their buffers.
    """

    def receive(self, data: bytes) -> list[FrameT]:
        """Take bytes as they came off the socket; return the frames they complete.

        Raises:
            WireError: the peer does not speak the protocol.  Never any other exception.
        """
        ...

    def encode(self, frame: FrameT) -> bytes: ...


# Inputs.  A command is an input too.


@frozen()
class Connected:
    link: str = MAIN


@frozen()
class Got(Generic[FrameT]):
    frame: FrameT
    link: str = MAIN


@frozen()
class Lost:
    """Never connected, or connected no more.  The last we hear of this link."""

    detail: str
    link: str = MAIN


@frozen()
class Timer:
    """The time asked for with Wake is over."""

    name: str


@frozen(kw_only=True)
class Fetched:
    """What came of a Fetch, once for each."""

    name: str
    status: int = 0
    """Of HTTP; 0 if there was no answer that we could read to its end."""
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case."""
    body: bytes = field(default=b"", repr=False)
    failure: str = ""
    """Why there is none, for people."""


Input = Connected | Got[FrameT] | Lost | Timer | Fetched | Command


# Effects.


@frozen(kw_only=True)
class Tls:
    """How to trust the peer.  With fingerprints nothing else counts, not even the name."""

    verify: bool = True
    ca_file: str = ""
    """PEM; instead of the system's authorities."""
    fingerprints: frozenset[str] = frozenset()
    """SHA-256 of the DER certificate, 64 lower-case hexadecimal digits."""
    certificate: str = ""
    """PEM of our own certificate and its key, for SASL EXTERNAL.  A secret."""

    def __repr__(self) -> str:
        return f"Tls(verify={self.verify}, ca_file={self.ca_file!r}, …)"


@frozen(kw_only=True)
class Connect:
    host: str
    port: int
    tls: Tls | None
    codec: Codec[Any]
    link: str = MAIN
    public_only: bool = False
    """Refuse private, loopback and link-local addresses, whatever the name resolves to."""


@frozen()
class Send(Generic[FrameT]):
    frame: FrameT
    link: str = MAIN


@frozen()
class HangUp:
    """Close the link.  ``Lost`` follows, as always."""

    link: str = MAIN


@frozen()
class Wake:
    """Give me Timer(name) later.  Asking again before then moves it."""

    name: str
    seconds: float


@frozen(kw_only=True)
class Fetch:
    """Make one HTTP request, on a connection of its own."""

    name: str
    """No two with the same name at a time.  Say what is fetched: the log does."""
    host: str
    port: int
    tls: Tls | None
    method: str = "POST"
    path: str = "/"
    """With the query, if there is one."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Besides those about the connection and the length.  May be secrets, like the body."""
    body: bytes = field(default=b"", repr=False)
    seconds: float = 30.0
    """For all of it."""
    max_size: int = 1024 * 1024
    """Bytes of the answer's body.  One that is larger is a failure."""
    public_only: bool = False
    """As for Connect."""


@frozen()
class Tell(Generic[NewsT]):
    """Pass news, in the network's own terms, on to the translator."""

    news: NewsT


@frozen()
class Stop:
    """The session is over.  Nothing follows; links are closed once what was sent is out."""


Effects = Iterator[Connect | Send[FrameT] | HangUp | Wake | Fetch | Tell[NewsT] | Stop]


class Fsm(Protocol[FrameT, NewsT]):
    """The life of one session.  Owns all of its state."""

    def start(self) -> Effects[FrameT, NewsT]: ...

    def handle(self, given: Input[FrameT]) -> Effects[FrameT, NewsT]: ...
