"""What others on the network find about a user: the command ``profile`` (XEP-0050)."""

from gateway.commands import SetProfile
from gateway.errors import CommandRefused, Reason
from gateway.words import tr
from gateway.xmpp.bridge import Bridge
from gateway.xmpp.iq import Asker
from gateway.xmpp.steps import Done, Input
from gateway.xmpp.vcard import fetch


def edit(_: Asker, bridge: Bridge) -> Input:
    """Filled in with what is there.

    Raises:
        CommandRefused: the network does not tell, so that saving could lose something.
    """
    title = bridge.transport.network.title
    return Input(
        title=tr("Your profile"),
        instructions=tr(
            "What others on {title} can find about you. Empty fields tell nothing."
        ).format(title=title),
        fields=bridge.transport.network.profile,
        values=_known(bridge),
        submit=lambda _, given: _save(bridge, given),
    )


def _known(bridge: Bridge) -> dict[str, str]:
    if bridge.me is None:
        raise CommandRefused(Reason.UNAVAILABLE, bridge.keeper.explain())
    try:
        told = dict(fetch(bridge, bridge.me).fields)
    except CommandRefused as refusal:
        if refusal.reason is not Reason.NOT_FOUND:
            raise
        told = {}  # There is nothing yet.
    fields = bridge.transport.network.profile
    return {field.name: told[field.label] for field in fields if field.label in told}


def _save(bridge: Bridge, given: dict[str, str]) -> Done:
    fields = tuple(given.items())
    bridge.ask(lambda token: SetProfile(fields=fields, token=token))
    return Done(text=tr("Your profile is saved."))
