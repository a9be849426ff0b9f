"""What becomes of a SNAC: counted, checked, and given to its handler."""

from __future__ import annotations

from tests.servers import oscar_bart as bart
from tests.servers import oscar_bos as bos
from tests.servers import oscar_chat as chat
from tests.servers import oscar_feedbag as feedbag
from tests.servers import oscar_icbm as icbm
from tests.servers import oscar_icq as icq
from tests.servers import oscar_login as login
from tests.servers import oscar_presence as presence
from tests.servers.oscar_kinds import BART, BUCP, CHAT, CHATNAV, GENERIC
from tests.servers.oscar_rates import Verdict
from tests.servers.oscar_wire import Broken, Snac, without_extension
from tests.servers.oscar_world import SERVER_ID, Handlers, Link, Record

UNKNOWN_SUBTYPE, NO_SUCH_FAMILY = 1, 5

SERVICES: dict[int, Handlers] = {
    BUCP: login.HANDLERS,
    GENERIC: bos.HANDLERS
    | bos.QUERIES
    | presence.HANDLERS
    | feedbag.HANDLERS
    | icbm.HANDLERS
    | icq.HANDLERS,
    CHATNAV: bos.HANDLERS | chat.CHATNAV_HANDLERS,
    CHAT: bos.HANDLERS | chat.CHAT_HANDLERS,
    BART: bos.HANDLERS | bart.HANDLERS,
}

ONLY_ONLINE = frozenset(
    {
        *((0x02, subtype) for subtype in (0x05, 0x15)),
        *((0x04, subtype) for subtype in (0x06, 0x08, 0x0B, 0x10, 0x14)),
        *((0x13, subtype) for subtype in (0x14, 0x18, 0x1A)),
        *((0x0D, subtype) for subtype in (0x02, 0x04, 0x08)),
        (0x0E, 0x05),
        *((0x10, subtype) for subtype in (0x02, 0x04, 0x06)),
        (0x15, 0x02),
        (GENERIC, 0x04),
    }
)
"""What is taken only after 01/02."""

SILENCE = 1.0
"""Seconds without a SNAC after which a client learns about its rates."""


def receive(link: Link, snac: Snac) -> None:
    world = link.world
    if link.user is not None and not link.played:
        world.sent.append(Record(link.user.id, link.service, snac))
    if snac.request_id >= SERVER_ID:
        world.violation(link, f"{snac} with the server's request id {snac.request_id:08x}")
    if not _counted(link, snac) or not _expected(link, snac):
        return
    link.asked.add(snac.kind)
    handler = SERVICES[link.service].get(snac.kind)
    if handler is None:
        world.violation(link, f"nothing here handles {snac}")
        return link.refuse(snac, UNKNOWN_SUBTYPE)
    try:
        return handler(link, without_extension(snac))
    except (Broken, UnicodeDecodeError, KeyError) as problem:
        world.violation(link, f"{snac}: {problem}")
        return link.refuse(snac, presence.BUSTED)


def _expected(link: Link, snac: Snac) -> bool:
    world = link.world
    if link.service == BUCP:
        if snac.family == BUCP:
            return True
        world.violation(link, f"{snac} before the log-in")
        link.close()
        return False
    if snac.family not in bos.families(link):
        world.violation(link, f"{snac}: family not in 01/03")
        if not world.kind.shares_accounts:
            link.refuse(snac, NO_SUCH_FAMILY)
        return False
    if not link.online and snac.kind in ONLY_ONLINE:
        world.violation(link, f"{snac} before 01/02")
        return False
    return True


def _counted(link: Link, snac: Snac) -> bool:
    """False: not to be handled."""
    world = link.world
    if link.rates is None:
        return True
    verdict, why = link.rates.count(snac.family, snac.subtype)
    if verdict is Verdict.CLOSE:
        world.violation(link, f"disconnected, {why}")
        bos.exceed(link)
        return False
    if verdict is Verdict.DROP:
        world.violation(link, f"dropped, {why}")
    if not link.last_snac:
        world.clock.later(SILENCE, lambda: _tell_rates(link))
    link.last_snac = world.clock.now()
    return verdict is Verdict.PASS


def _tell_rates(link: Link) -> None:
    """Comes again after each silence, as long as the client is there."""
    if link.closed or link.rates is None:
        return
    quiet = link.world.clock.now() - link.last_snac
    if quiet < SILENCE:
        return link.world.clock.later(SILENCE - quiet, lambda: _tell_rates(link))
    for notice in link.rates.notices():
        link.push(GENERIC, 0x0A, notice)
    if link.rates.unsettled:
        return link.world.clock.later(SILENCE, lambda: _tell_rates(link))
    link.last_snac = 0.0
    return None
