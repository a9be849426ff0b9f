"""Buddy icons (BART, family 10h): which one is ours is in the feedbag, the data at a service.

13/08 class 14h, its hash ──►  01/21 with BART_UPLOAD  ──►  10/02 data ──►  10/03
03/0b has the hash of theirs                                10/04 ──►  10/05 data
"""

from hashlib import md5

from gateway.commands import FetchAvatar, SetAvatar
from gateway.errors import Reason
from gateway.events import Avatar
from gateway.network import Picture
from networks.oscar import contacts, services
from networks.oscar.blocks import (
    build_icon_request,
    build_icon_upload,
    parse_bart_reply,
    parse_icon,
    parse_icon_uploaded,
)
from networks.oscar.book import Edit
from networks.oscar.ids import is_name, normalise
from networks.oscar.news import IconFetched
from networks.oscar.parts import Service
from networks.oscar.requests import Asked, Request
from networks.oscar.services import ICONS
from networks.oscar.state import Oscar
from networks.oscar.users import BART_ICON, BART_UPLOAD
from networks.oscar.wire import Snac

PICTURE = Picture(
    media_types=("image/jpeg", "image/gif", "image/bmp"), max_bytes=7168, min_side=48, max_side=100
)
"""What AIM's clients show, and servers take; PNG is not among it."""

MAX_HASH = 255

NO_ICON = "That is not the name of a picture."


# Ours.


def set_avatar(oscar: Oscar, command: SetAvatar) -> None:
    """Where the server has no icons, such as IServerd, there is nobody to show one to."""
    if ICONS not in oscar.signon.families:
        return
    oscar.icon = command.avatar
    hash = hash_of(command.avatar) if command.avatar else b""
    contacts.start(oscar, Edit(Request(Asked.CHANGE), lambda book: book.set_icon(hash)))


def hash_of(avatar: Avatar) -> bytes:
    return md5(avatar.data, usedforsecurity=False).digest()


def on_reply(oscar: Oscar, snac: Snac) -> None:
    """01/21"""
    wanted = [
        item
        for item in parse_bart_reply(snac.data)
        if item.type == BART_ICON and item.flags & BART_UPLOAD
    ]
    icon = oscar.icon
    if icon and any(item.hash == hash_of(icon) for item in wanted):
        oscar.icon = None
        data = build_icon_upload(icon.data)
        services.run(oscar, ICONS, 0x02, data, Request(Asked.UPLOAD))


def on_uploaded(oscar: Oscar, service: Service, snac: Snac) -> None:
    """10/03"""
    request = oscar.take(snac.request_id, Asked.UPLOAD)
    if request is None:
        return
    code, _ = parse_icon_uploaded(snac.data)
    if code:
        oscar.refuse(request, Reason.NOT_ACCEPTABLE, f"the server refused it (code {code}).")
    else:
        oscar.done(request)


def on_upload_failed(oscar: Oscar, request: Request, reason: Reason, detail: str) -> None:
    oscar.notice(f"Your picture could not be stored: {detail}")


# Theirs.


def fetch_avatar(oscar: Oscar, command: FetchAvatar) -> None:
    who = normalise(command.person)
    try:
        hash = bytes.fromhex(command.avatar)
    except ValueError:
        hash = b""
    if not is_name(who) or not 0 < len(hash) <= MAX_HASH:
        oscar.deny(command.token, Reason.NOT_FOUND, NO_ICON)
        return
    request = Request(Asked.ICON, command.token, who)
    services.run(oscar, ICONS, 0x04, build_icon_request(who, hash), request)


def on_icon(oscar: Oscar, service: Service, snac: Snac) -> None:
    """10/05"""
    request = oscar.take(snac.request_id, Asked.ICON)
    if request and request.token:
        icon = parse_icon(snac.data)
        oscar.done(request, IconFetched(request.token, oscar.written(request.chat), icon.data))
