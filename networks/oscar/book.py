"""The feedbag as we know it, and how to change it: plans of steps, one item each.

    root ── group ── buddy          TLV c8 of root and groups keeps their order
    beside them: permitted, denied, the privacy mode, our icon …

Pure: nothing here is sent.  A plan is made when its turn comes, from what the feedbag is then.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from gateway.ids import ChatId
from networks.oscar.data import tlvs, u8, u32
from networks.oscar.feedbag import (
    MAX_ID,
    TLV_ICON,
    TLV_PRIVACY,
    TLV_PRIVACY_MASK,
    TLV_WAITING,
    Item,
    ItemClass,
    Privacy,
    icon_tlv,
)
from networks.oscar.ids import normalise
from networks.oscar.news import Buddy
from networks.oscar.requests import Request
from networks.oscar.users import NO_ICON

ROOT = (0, 0)
ROOT_ITEM = Item("", 0, 0, ItemClass.GROUP)
ICON_NAME = "1"
EVERYBODY = u32(0xFFFFFFFF)
"""The mask of classes of users that a privacy mode is about."""

MAX_GROUP_NAME = 48
"""Bytes; the server refuses longer ones."""


class Verb(IntEnum):
    """Subtypes of family 13h."""

    ADD = 0x08
    UPDATE = 0x09
    DELETE = 0x0A


@dataclass(frozen=True, slots=True)
class Step:
    verb: Verb
    item: Item


Plan = Callable[["Book"], list[Step]]


@dataclass(slots=True, eq=False)
class Edit:
    """A change that somebody asked for."""

    request: Request
    plan: Plan
    reason: str = ""
    """What they read if they have to authorise us."""
    must_ask: bool = False
    """They have to."""
    steps: deque[Step] = field(default_factory=deque)
    """Those that the server has not accepted yet."""
    touched: set[ChatId] = field(default_factory=set)
    """Buddies that look different now."""


class Book:
    def __init__(self) -> None:
        self._items: dict[tuple[int, int], Item] = {}
        self._buddies: dict[ChatId, dict[tuple[int, int], None]] = {}
        """Keys of the items of each; one for each group they are in."""

    # What is there.

    def put(self, item: Item) -> None:
        self.remove(item.key)
        self._items[item.key] = item
        if item.kind == ItemClass.BUDDY:
            self._buddies.setdefault(normalise(item.name), {})[item.key] = None

    def remove(self, key: tuple[int, int]) -> Item | None:
        item = self._items.pop(key, None)
        if item and item.kind == ItemClass.BUDDY:
            keys = self._buddies[normalise(item.name)]
            del keys[key]
            if not keys:
                del self._buddies[normalise(item.name)]
        return item

    def get(self, key: tuple[int, int]) -> Item | None:
        return self._items.get(key)

    def __contains__(self, who: ChatId) -> bool:
        return who in self._buddies

    def __iter__(self) -> Iterator[ChatId]:
        """All buddies."""
        return iter(list(self._buddies))

    def entries(self, who: ChatId) -> list[Item]:
        return [self._items[key] for key in self._buddies.get(who, ())]

    def of_kind(self, kind: ItemClass) -> list[Item]:
        return [item for item in self._items.values() if item.kind == kind]

    def buddy(self, who: ChatId) -> Buddy | None:
        entries = self.entries(who)
        if not entries:
            return None
        groups = [self._items.get((entry.group, 0)) for entry in entries]
        return Buddy(
            name=entries[0].name,
            alias=next((entry.alias for entry in entries if entry.alias), ""),
            groups=tuple(dict.fromkeys(group.name for group in groups if group and group.name)),
            is_waiting=any(entry.is_waiting for entry in entries),
        )

    def apply(self, verb: Verb, item: Item) -> set[ChatId]:
        """We changed it and the server accepted, or another client did.  Returns which buddies
        look different now."""
        before = self._items.get(item.key)
        if verb is not Verb.DELETE:
            self.put(item)
        elif before is None:
            return set()
        else:
            self.remove(item.key)
        if item.kind == ItemClass.GROUP:
            is_renamed = verb is Verb.DELETE or (before is not None and before.name != item.name)
            return self._members(item.group) if is_renamed else set()
        changed = [one for one in (before, item) if one and one.kind == ItemClass.BUDDY]
        return {normalise(one.name) for one in changed}

    def _members(self, group: int) -> set[ChatId]:
        return {
            normalise(item.name)
            for item in self._items.values()
            if item.kind == ItemClass.BUDDY and item.group == group
        }

    # Plans.

    def add_buddy(self, name: str, default_group: str) -> list[Step]:
        if normalise(name) in self:
            return []
        draft = Draft(self)
        draft.add_buddy(name, "", draft.first_group(default_group))
        return draft.steps

    def change_buddy(self, who: ChatId, alias: str, groups: tuple[str, ...]) -> list[Step]:
        """Without any group they stay where they are: each buddy has to be in one."""
        draft = Draft(self)
        entries = self.entries(who)
        if not entries:
            return []
        wanted = {_group_name(name): None for name in groups if _group_name(name)}
        kept: list[Item] = []
        left: list[Item] = []
        for entry in entries:
            group = self._items.get((entry.group, 0))
            is_wanted = not wanted or (group is not None and group.name in wanted)
            (kept if is_wanted else left).append(entry)
            if group:
                wanted.pop(group.name, None)
        for name in wanted:
            draft.add_buddy(
                entries[0].name, alias, draft.group(name), is_waiting=entries[0].is_waiting
            )
        for entry in kept:
            if entry.alias != alias:
                draft.update(entry.with_alias(alias))
        for entry in left:
            draft.remove_buddy(entry)
        return draft.steps

    def remove_buddy(self, who: ChatId) -> list[Step]:
        draft = Draft(self)
        for entry in self.entries(who):
            draft.remove_buddy(entry)
        return draft.steps

    def block(self, name: str, is_blocked: bool) -> list[Step]:
        """By the list that the privacy mode looks at; a mode that lets everybody through becomes
        the one that lets all but the denied."""
        draft = Draft(self)
        modes = self.of_kind(ItemClass.PRIVACY)
        mode = modes[0].privacy if modes else Privacy.ALLOW_ALL
        if mode == Privacy.ALLOW_PERMITTED:
            draft.list(ItemClass.PERMIT, name, not is_blocked)
            return draft.steps
        draft.list(ItemClass.DENY, name, is_blocked)
        if is_blocked and mode == Privacy.ALLOW_ALL:
            item = modes[0] if modes else draft.new(ItemClass.PRIVACY, "")
            item = item.with_tlv(TLV_PRIVACY, u8(Privacy.DENY_DENIED))
            item = item.with_tlv(TLV_PRIVACY_MASK, EVERYBODY)
            draft.put(item, is_new=not modes)
        return draft.steps

    def blocked(self) -> tuple[str, ...]:
        """None where the privacy mode looks at no such list: those it lets in are listed then."""
        modes = self.of_kind(ItemClass.PRIVACY)
        if modes and modes[0].privacy == Privacy.ALLOW_PERMITTED:
            return ()
        return tuple(item.name for item in self.of_kind(ItemClass.DENY))

    def set_icon(self, hash: bytes) -> list[Step]:
        """b"" for none: the hash that stands for it, because the item's end would be told to
        nobody."""
        draft = Draft(self)
        icons = [item for item in self.of_kind(ItemClass.ICON) if item.name == ICON_NAME]
        wanted = hash or NO_ICON
        if icons:
            if icons[0].icon != wanted:
                draft.update(icons[0].with_tlv(TLV_ICON, icon_tlv(wanted)))
        elif hash:
            item = draft.new(ItemClass.ICON, ICON_NAME)
            draft.add(item.with_tlv(TLV_ICON, icon_tlv(hash)).with_tlv(0x0131, b""))
        return draft.steps

    def authorised(self, who: ChatId) -> list[Item]:
        """Their items, without the mark of those who wait."""
        return [entry.with_tlv(TLV_WAITING, None) for entry in self.entries(who)]

    def items(self) -> dict[tuple[int, int], Item]:
        return dict(self._items)


class Draft:
    """Steps, and the items as they will be after them."""

    def __init__(self, book: Book) -> None:
        self.steps: list[Step] = []
        self._items = book.items()

    def add(self, item: Item) -> None:
        self._note(Verb.ADD, item)

    def update(self, item: Item) -> None:
        self._note(Verb.UPDATE, item)

    def put(self, item: Item, is_new: bool) -> None:
        self._note(Verb.ADD if is_new else Verb.UPDATE, item)

    def delete(self, item: Item) -> None:
        self.steps.append(Step(Verb.DELETE, item))
        del self._items[item.key]

    def _note(self, verb: Verb, item: Item) -> None:
        self.steps.append(Step(verb, item))
        self._items[item.key] = item

    def new(self, kind: ItemClass, name: str, group: int = 0) -> Item:
        used = {id for _, id in self._items}
        return Item(name, group, _unused(used), kind)

    def list(self, kind: ItemClass, name: str, is_on: bool) -> None:
        """Permitted, denied."""
        same = [
            item
            for item in self._items.values()
            if item.kind == kind and normalise(item.name) == normalise(name)
        ]
        if is_on and not same:
            self.add(self.new(kind, name))
        elif not is_on:
            for item in same:
                self.delete(item)

    # Groups.

    def first_group(self, default: str) -> Item:
        root = self._items.get(ROOT, ROOT_ITEM)
        for id in root.order:
            if found := self._items.get((id, 0)):
                return found
        for item in self._items.values():
            if item.kind == ItemClass.GROUP and item.key != ROOT:
                return item
        return self.group(default)

    def group(self, name: str) -> Item:
        for item in self._items.values():
            if item.kind == ItemClass.GROUP and item.key != ROOT and item.name == name:
                return item
        if ROOT not in self._items:
            self.add(ROOT_ITEM)
        made = Item(name, _unused({group for group, _ in self._items}), 0, ItemClass.GROUP)
        self.add(made)
        root = self._items[ROOT]
        self.update(root.with_order((*root.order, made.group)))
        return made

    def add_buddy(self, name: str, alias: str, group: Item, is_waiting: bool = False) -> None:
        item = self.new(ItemClass.BUDDY, name, group.group).with_alias(alias)
        if is_waiting:
            item = item.with_tlv(TLV_WAITING, b"")
        self.add(item)
        group = self._items[group.key]
        self.update(group.with_order((*group.order, item.id)))

    def remove_buddy(self, item: Item) -> None:
        self.delete(item)
        group = self._items.get((item.group, 0))
        if group and item.id in group.order:
            self.update(group.with_order(tuple(id for id in group.order if id != item.id)))


def waiting(item: Item) -> Item:
    """For those who have to authorise us first."""
    return Item(item.name, item.group, item.id, item.kind, tlvs(*item.tlvs, (TLV_WAITING, b"")))


def _unused(used: set[int]) -> int:
    """
    Raises:
        ValueError: there are 32767 of them, which no server lets anybody have.
    """
    return next(id for id in range(1, MAX_ID + 1) if id not in used)


def _group_name(name: str) -> str:
    return name.strip().encode()[:MAX_GROUP_NAME].decode(errors="ignore")
