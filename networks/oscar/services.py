"""Services with connections of their own: ChatNav, each room, icons.

    ASKED ──01/05──► CONNECTING ──sign-on──► SIGNING_ON ──01/07──► READY        Lost: gone

BOS is asked where the service is (01/04), and what it says there lets us in.  Signing on is as it
is at BOS, but shorter.  What is to be done there waits as errands.
"""

from gateway.errors import Reason
from gateway.fsm import MAIN, Connect, HangUp
from networks.oscar.blocks import (
    Redirect,
    build_online,
    build_rate_subscription,
    build_service_request,
    build_versions,
    parse_families,
    parse_rate_change,
    parse_rates,
    parse_redirect,
)
from networks.oscar.data import tlvs
from networks.oscar.parts import Errand, Phase, Service
from networks.oscar.requests import PATIENCE, Asked, Request
from networks.oscar.state import Oscar
from networks.oscar.wire import Signon, Snac

GENERIC, CHATNAV, CHAT, ICONS = 0x01, 0x0D, 0x0E, 0x10
"""Families."""

NAMES = {CHATNAV: "chatnav", CHAT: "chat", ICONS: "icons"}
"""Of their links."""

VERSIONS = {
    GENERIC: 4,  # From 2 on, 01/07 and 01/0a say when a class was last used.
    0x02: 1,
    0x03: 1,
    0x04: 1,
    0x06: 1,
    0x09: 1,
    0x0A: 1,
    0x0B: 1,
    CHATNAV: 1,
    CHAT: 1,
    ICONS: 1,
    0x13: 4,
    0x15: 1,
}
"""Families we know, and which version of each."""


def connect(oscar: Oscar, where: Redirect, link: str) -> None:
    """Where the operator wants it, encrypted whatever the server says: open-oscar-server sends
    those who logged in encrypted to an encrypted port, and says of it that it is none."""
    settings = oscar.settings
    is_tls = where.is_tls or settings.tls
    if link == MAIN:
        oscar.is_encrypted = is_tls
    oscar.effects.append(
        Connect(
            host=where.host,
            port=where.port,
            tls=settings.trust if is_tls else None,
            codec=oscar.codec(),
            link=link,
        )
    )


def choose_versions(families: tuple[int, ...]) -> dict[int, int]:
    return {family: VERSIONS[family] for family in families if family in VERSIONS}


# Asking.


def run(
    oscar: Oscar, family: int, subtype: int, data: bytes, request: Request | None = None
) -> None:
    """At the one service of that family, which is opened if it is not yet."""
    service = next((item for item in oscar.services.values() if item.family == family), None)
    if service is None:
        service = ask(oscar, family)
    if request:
        request.link = service.link
    if service.phase is Phase.READY:
        oscar.send(family, subtype, data, request, link=service.link)
    else:
        service.errands.append(Errand(subtype, data, request))


def ask(oscar: Oscar, family: int, room: bytes = b"") -> Service:
    link = oscar.next_link(NAMES[family])
    service = oscar.services[link] = Service(link, family)
    request = Request(Asked.SERVICE, link=link)
    data = build_service_request(family, room, is_encrypted=oscar.is_encrypted)
    oscar.send(GENERIC, 0x04, data, request)
    return service


def on_redirect(oscar: Oscar, snac: Snac) -> None:
    """01/05"""
    request = oscar.take(snac.request_id, Asked.SERVICE)
    service = oscar.services.get(request.link) if request else None
    if request is None or service is None:
        return
    where = parse_redirect(snac.data)
    connect(oscar, where, service.link)
    oscar.done(request)
    service.cookie = where.cookie
    service.phase = Phase.CONNECTING


# Signing on.


def on_signon(oscar: Oscar, service: Service) -> None:
    service.phase = Phase.SIGNING_ON
    oscar.send_now(Signon(tlvs((0x06, service.cookie))), service.link)


def on_families(oscar: Oscar, service: Service, snac: Snac) -> None:
    """01/03"""
    service.versions = choose_versions(parse_families(snac.data))
    oscar.send(0x01, 0x17, build_versions(service.versions), link=service.link)


def on_versions(oscar: Oscar, service: Service, snac: Snac) -> None:
    """01/18"""
    oscar.send(0x01, 0x06, link=service.link)


def on_rates(oscar: Oscar, service: Service, snac: Snac) -> None:
    """01/07"""
    params = parse_rates(snac.data)
    oscar.rates.learn(params)
    oscar.send(0x01, 0x08, build_rate_subscription(params), link=service.link)
    oscar.send(0x01, 0x02, build_online(service.versions), link=service.link)
    service.phase = Phase.READY
    while service.errands:
        errand = service.errands.popleft()
        oscar.send(service.family, errand.subtype, errand.data, errand.request, link=service.link)


def on_rate_change(oscar: Oscar, service: Service, snac: Snac) -> None:
    """01/0a"""
    oscar.rates.change(*parse_rate_change(snac.data))


# Ending.


def forget(oscar: Oscar, link: str, reason: Reason, detail: str) -> Service | None:
    """It is gone, or never came: nothing that was asked of it will be answered."""
    service = oscar.services.pop(link, None)
    errands = [errand.request for errand in service.errands] if service else []
    unsent = [entry.tag for entry in oscar.rates.drop(link)]
    for request in [*errands, *unsent, *oscar.sent_to(link)]:
        if request:
            oscar.refuse(request, reason, detail)
    return service


def close(oscar: Oscar, link: str, reason: Reason, detail: str) -> None:
    """What happens there from now on is of no interest."""
    service = forget(oscar, link, reason, detail)
    if service and service.phase is not Phase.ASKED:
        oscar.effects.append(HangUp(link))


def unsettled(oscar: Oscar) -> list[Service]:
    """Those that are not ready yet, and rooms that have not let us in."""
    entered = {room.link for room in oscar.rooms.values() if room.is_entered}
    return [
        service
        for service in oscar.services.values()
        if service.phase in (Phase.CONNECTING, Phase.SIGNING_ON)
        or (service.phase is Phase.READY and service.family == CHAT and service.link not in entered)
    ]


def grow_old(oscar: Oscar) -> bool:
    """Once a turn of the sweeping timer: what never gets ready is given up.  Returns whether there
    is anything to wait for."""
    waiting = unsettled(oscar)
    for service in waiting:
        service.age += 1
        if service.age == PATIENCE:
            oscar.effects.append(HangUp(service.link))
    return bool(waiting)
