"""Who is in which channel, and what is known of them.

A person is kept as long as they share a channel with us: one record, however many channels.
"""

from collections.abc import Iterator

from networks.irc.known import Channel, Person
from networks.irc.news import Changed, Member
from networks.irc.state import MAX_PEOPLE, Irc


def member(irc: Irc, channel: Channel, folded: str) -> Member:
    person = irc.people[folded]
    modes = channel.members[folded]
    return Member(
        person.nick,
        modes,
        channel.is_moderated and not modes,
        person.account,
        person.address,
        person.away,
    )


def enter(irc: Irc, channel: Channel, nick: str, modes: str = "") -> Person | None:
    """Put somebody into a channel.  None when there are more people than we keep."""
    folded = irc.fold(nick)
    person = irc.people.get(folded)
    if person is None:
        if len(irc.people) >= MAX_PEOPLE or not nick:
            return None
        person = irc.people[folded] = Person(nick)
    channel.members[folded] = modes
    return person


def leave(irc: Irc, channel: Channel, folded: str) -> None:
    channel.members.pop(folded, None)
    if not any(folded in other.members for other in irc.channels.values()):
        irc.people.pop(folded, None)


def drop_channel(irc: Irc, folded: str) -> Channel | None:
    """We are out, and need not know its people any more."""
    channel = irc.channels.pop(folded, None)
    if channel:
        for member_ in list(channel.members):
            leave(irc, channel, member_)
    return channel


def channels_of(irc: Irc, folded: str) -> Iterator[Channel]:
    for channel in list(irc.channels.values()):
        if folded in channel.members:
            yield channel


def tell_changed(irc: Irc, folded: str, by: str = "") -> None:
    """In every channel we share with them."""
    for channel in channels_of(irc, folded):
        if channel.is_complete:
            tell_changed_in(irc, channel, folded, by)


def tell_changed_in(irc: Irc, channel: Channel, folded: str, by: str = "") -> None:
    now = member(irc, channel, folded)
    irc.tell(Changed(channel.id, now.nick, now, by))
