"""What the transport itself has to say to one user: its presence, notices, why it is not there."""

from gateway import i18n
from gateway.errors import Reason
from gateway.events import LoggedOut, Offline
from gateway.network import Kind
from gateway.sessions import State
from gateway.words import mark, tr
from gateway.xmpp import stanzas
from gateway.xmpp.host import Host
from gateway.xmpp.stanzas import element

HOW_TO_LEAVE = mark("To have everything deleted that is stored about you, write: unregister")


class Voice:
    """Of a registered user's session; guests hear what is said, and see no presence."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._last = ""
        """The transport's last presence, so that only changes are sent."""
        self._is_dropped = False
        """The user took the transport out of the roster, and was told what that means."""

    # Presence.

    def announce(self, to: str = "") -> None:
        """The transport's presence, to everybody if it changed, or to one who asked."""
        host = self._host
        i18n.speak(host.resources.language)
        if not host.is_registered:
            return
        words = element("status", host.keeper.explain())
        if host.keeper.state is State.ONLINE:
            words += host.context.caps(Kind.SERVER, host.transport)
            said = stanzas.presence(host.address, to or host.key.user, "", words)
        else:
            said = stanzas.presence(host.address, to or host.key.user, "unavailable", words)
        if to:
            host.out.write(said)
        elif said != self._last:
            self._last = said
            host.out.write(said)

    def announce_anew(self) -> None:
        """To a server that has been away."""
        self._last = ""
        self.announce()

    def farewell(self) -> None:
        """The gateway stops."""
        host = self._host
        if host.is_registered:
            i18n.speak(host.resources.language)
            words = element("status", tr("The gateway is restarting."))
            host.out.write(stanzas.presence(host.address, host.key.user, "unavailable", words))

    def refuse(self, reason: Reason, detail: str) -> None:
        """A failed log-in (XEP-0100, section 4.4.2)."""
        host = self._host
        if host.is_registered:
            error = stanzas.error(reason, detail)
            host.out.write(stanzas.presence(host.address, host.key.user, "error", error))

    def taken_up(self) -> None:
        """The user put the transport into the roster."""
        self._is_dropped = False

    def dropped(self) -> None:
        """The user took it out of the roster, which clients make easy to do by mistake: nothing is
        deleted for that."""
        if self._host.is_registered and not self._is_dropped:
            self._is_dropped = True
            self.say(
                tr("You are still registered with {name}. {how_to_leave}").format(
                    name=self._host.transport.name, how_to_leave=tr(HOW_TO_LEAVE)
                )
            )

    # Messages.

    def say(self, text: str) -> None:
        host = self._host
        host.out.write(
            stanzas.message(
                host.address, host.key.user, "chat", stanzas.body(text), stanzas.new_id()
            ),
            keep=True,
        )

    def explain(self, event: LoggedOut) -> None:
        """Why a session has ended, if the user would not find that out by looking."""
        keeper = self._host.keeper
        words, detail = keeper.explain(), tr(event.detail)
        match event.why:
            case Offline.BAD_CREDENTIALS if keeper.state is State.LATCHED:
                self.refuse(Reason.NOT_AUTHORIZED, detail)
                self.say(words)
            case Offline.REPLACED:
                self.refuse(Reason.CONFLICT, detail)
                self.say(words)
            case Offline.GATEWAY:
                if keeper.is_first_failure:
                    self.refuse(Reason.INTERNAL, detail)
                self.say(f"{detail} {words}" if detail not in words else words)
            case Offline.NETWORK if keeper.is_first_failure:
                self.refuse(Reason.TIMEOUT, detail)
            case _:
                pass
