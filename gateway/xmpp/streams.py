"""The connections to the XMPP server, and which of them a stanza takes.

ejabberd   one for all domains: a second one would be given the users' stanzas at random
Prosody    one for each domain, because there a connection carries nothing else
"""

from collections.abc import Callable, Iterator, Sequence

import gevent

from gateway.sections import XmppServer
from gateway.xmpp.component import Component


class Streams:
    def __init__(
        self, server: XmppServer, domains: Sequence[str], make: Callable[[str], Component]
    ) -> None:
        """``make`` a connection, which authenticates under the given domain."""
        if server == "ejabberd":
            self._by_domain = dict.fromkeys(domains, make(domains[0]))
        else:
            self._by_domain = {domain: make(domain) for domain in domains}
        self._first = self._by_domain[domains[0]]

    def of(self, user: str, domain: str) -> Component:
        """For all between that user (a bare JID) and that domain of ours, in both directions.

        A domain that is no transport's is one that the server routes to us all the same.
        """
        return self._by_domain.get(domain, self._first)

    def carried(self, stream: Component) -> list[str]:
        """The domains whose stanzas it carries."""
        return [domain for domain, found in self._by_domain.items() if found is stream]

    def __iter__(self) -> Iterator[Component]:
        return iter(dict.fromkeys(self._by_domain.values()))

    def start(self) -> None:
        for stream in self:
            stream.start()

    def close(self) -> None:
        """Blocks until what was to be sent is sent, or for some seconds."""
        gevent.joinall([gevent.spawn(stream.close) for stream in self], raise_error=True)
