"""Gives an FSM the server's side of a recording, and keeps what it does.

    play = Replay(how("alice"), "login_chat")
    play.run_to("alice: switchboard to bob")      # Up to this note.
    play.give(SendMessage(chat=ChatId("bob@example.com"), …))
    play.run()
    assert play.meant("MSG") == play.recorded("MSG")

Answers have the numbers of the FSM's own questions: the first XFR of the recorded client is the
first of the FSM, and so on; what was answered to a question that the FSM did not ask is passed over
(``skipped``).  Requests to the services are answered at once, with what was answered to the same
request, or to one of the same kind.  Lines are taken apart by the fake server's code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, fromstring

from gateway.errors import WireError
from gateway.fsm import MAIN, Connect, Connected, Fetch, Fetched, Got
from gateway.network import Login
from networks.msn.fsm import MsnFsm
from networks.msn.settings import MsnSettings
from tests.networks import replay
from tests.networks.msn.outlines import outline_of
from tests.servers.msn_transcript import Step, answers, read
from tests.servers.msn_wire import FROM_CLIENT, FROM_SERVER, Buffer, Command, mime

Meaning = tuple[Any, ...]

NOTIFICATION, SWITCHBOARD, SERVICES = "NS", "SB", "https"

FORMAT = ("x-mms-im-format", "FN=Segoe%20UI; EF=; CO=0; CS=1; PF=0")
PLAIN_TEXT = (("content-type", "text/plain; charset=UTF-8"), FORMAT)
"""The headers of a message that is not formatted, as in its meaning."""

DOMAIN = "example.com"

NONCE = "0123456789abcdef0123456789abcdef"


def how(name: str, protocol: str = "MSNP15", *, nick: str = "", **login: Any) -> Login:
    """As the recorded people logged in."""
    form = {"username": f"{name}@{DOMAIN}", "password": f"{name}pw1", "nick": nick}
    return Login(
        user="juliet@example.org",
        account="",
        fields=form,
        settings=MsnSettings(server="msn.test", protocol=protocol),
        nonce=NONCE,
        **login,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to one of the services."""

    action: str
    path: str
    body: bytes

    @property
    def kind(self) -> str:
        """RST has no action."""
        return self.action or self.path


class Replay(replay.Replay):
    def __init__(self, login: Login, transcript: str, start: str = "", end: str = "") -> None:
        """Of what the same person did, after the note that contains ``start`` and up to the one
        that contains ``end``."""
        super().__init__(MsnFsm(login))
        self.who = login.fields["username"].partition("@")[0]
        self.all = read(transcript)
        self.steps = _between(self.all, start, end)
        self.answers: dict[str, list[Step]] = {}
        """To the next requests of these kinds, whatever was recorded."""
        self.at = 0
        self.damage: Callable[[bytes], bytes] = lambda data: data
        """What becomes of the bytes on their way from the server."""
        self.links: dict[str, str] = {NOTIFICATION: MAIN}
        """By the names of recorded connections: what is open."""
        self.coming: list[str] = []
        """Switchboards that the FSM has asked for, and that are not open yet."""
        self.sent: list[tuple[str, Command]] = []
        self.asked: list[Asked] = []
        self.skipped: list[Step] = []
        self._answered: list[Step] = []
        self._buffers = {MAIN: Buffer(FROM_SERVER)}
        self.start()

    # The script.

    def run_to(self, note: str) -> None:
        """Up to the next note that contains this."""
        while note not in self.steps[self.at].note:
            self.step()
        self.step()

    def run(self) -> None:
        """To the end."""
        while self.at < len(self.steps):
            self.step()

    def step(self) -> None:
        self.at += 1
        self._step(self.steps[self.at - 1])

    # What came of it.

    def meant(self, *names: str) -> Counter[Meaning]:
        """The commands and requests of the FSM: how often each was sent."""
        lines = [(link, command) for link, command in self.sent if command.name in names]
        posts = [asked for asked in self.asked if asked.kind in names]
        return Counter([*(meaning(*line) for line in lines), *map(post_meaning, posts)])

    def recorded(self, *names: str) -> Counter[Meaning]:
        """The same of the recorded client, as far as we are."""
        found: list[Meaning] = []
        for step in self.steps[: self.at]:
            if step.who != self.who or not step.is_ours:
                continue
            if step.link == SERVICES and (step.action or step.path) in names:
                found.append(post_meaning(Asked(step.action, step.path, step.data)))
            elif step.link != SERVICES:
                commands = Buffer(FROM_CLIENT).feed(step.data)
                found += [meaning(step.link, one) for one in commands if one.name in names]
        return Counter(found)

    # Steps.

    def _step(self, step: Step) -> None:
        if step.note:
            name, _, what = step.note.partition(": ")
            who, _, link = name.rpartition(" ")
            if who == self.who and what.startswith("TCP connect"):
                self._open(link)
            elif who == self.who and what.startswith("server closed") and link in self.links:
                self.lose(self.links[link], "closed by the server")
        elif step.who == self.who and not step.is_ours and step.link in self.links:
            link = self.links[step.link]
            for command in self._buffers[link].feed(step.data):
                self._receive(step, link, command)

    def _open(self, name: str) -> None:
        self.links.pop(name, None)
        if name == NOTIFICATION or self.coming:
            link = self.links[name] = MAIN if name == NOTIFICATION else self.coming.pop(0)
            self._buffers[link] = Buffer(FROM_SERVER)
            self.give(Connected(link))

    def _receive(self, step: Step, link: str, command: Command) -> None:
        if link not in self.codecs:
            return
        if _is_answer(command):
            own = self._counterpart(step, link, int(command.args[0]))
            if own is None:
                self.skipped.append(step)
                return
            command = replace(command, args=(own, *command.args[1:]))
        try:
            frames = self.codecs[link].receive(self.damage(command.pack()))
        except WireError as error:
            self.lose(link, str(error))
        else:
            for frame in frames:
                self.give(Got(frame, link))

    def _counterpart(self, step: Step, link: str, number: int) -> str | None:
        """The number that the FSM gave to what the recorded client asked with this one."""
        before = self.steps[: self.steps.index(step)]
        if step.link == SWITCHBOARD:  # Each of them has its own numbers.
            opened = f"{self.who} {SWITCHBOARD}: TCP connect"
            last = max(at for at, one in enumerate(before) if one.note.startswith(opened))
            before = before[last:]
        theirs = [
            one
            for earlier in before
            if earlier.is_ours and (earlier.who, earlier.link) == (step.who, step.link)
            for one in Buffer(FROM_CLIENT).feed(earlier.data)
            if one.args
        ]
        name = next((one.name for one in theirs if one.args[0] == str(number)), "")
        alike = [one.args[0] for one in theirs if one.name == name]
        own = [one for at, one in self.sent if (at, one.name) == (link, name)]
        if str(number) not in alike or alike.index(str(number)) >= len(own):
            return None
        return own[alike.index(str(number))].args[0]

    # Effects.

    def connect(self, effect: Connect) -> None:
        super().connect(effect)
        if effect.link != MAIN:
            self.coming.append(effect.link)

    def keep(self, link: str, frame: Any) -> None:
        data = self.codecs[link].encode(frame)
        self.sent += [(link, command) for command in Buffer(FROM_CLIENT).feed(data)]

    def lose(self, link: str, detail: str) -> None:
        self.links = {name: open for name, open in self.links.items() if open != link}
        self.coming = [one for one in self.coming if one != link]
        super().lose(link, detail)

    def fetch(self, fetch: Fetch) -> None:
        action = dict(fetch.headers).get("SOAPAction", "").strip('"').rpartition("/")[2]
        asked = Asked(action, fetch.path, fetch.body)
        self.asked.append(asked)
        answer = self._answer(asked)
        body = self.damage(answer.data)
        self.give(Fetched(name=fetch.name, status=answer.status, body=body))

    def _answer(self, asked: Asked) -> Step:
        """Recorded for the same request; or that it is done; or recorded for the next of its kind;
        or that there is no such thing at this server."""
        if self.answers.get(asked.kind):
            return self.answers[asked.kind].pop(0)
        mine = [step for step in self.steps if step.who == self.who and step.link == SERVICES]
        pairs = [(mine[at], mine[at + 1]) for at in range(0, len(mine) - 1, 2)]
        alike = [
            (question, answer)
            for question, answer in pairs
            if asked.kind in (question.action, question.path) and answer not in self._answered
        ]
        wanted = post_meaning(asked)
        same = [
            answer
            for question, answer in alike
            if post_meaning(Asked(question.action, question.path, question.data)) == wanted
        ]
        done = [DONE[asked.kind]] if asked.kind in DONE else []
        others = [answer for _, answer in alike]
        found = [*same, *done, *others, *answers("contacts", "ABNoSuchThing")][0]
        self._answered.append(found)
        return found


def _empty(name: str) -> Step:
    body = (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<{name}Response xmlns="http://www.msn.com/webservices/AddressBook"><{name}Result/>'
        f"</{name}Response></soap:Body></soap:Envelope>"
    )
    return Step(status=200, data=body.encode())


DONE = {
    name: _empty(name)
    for name in (
        *("FindMembership", "ABFindAll", "AddMember", "DeleteMember"),
        *("ABContactUpdate", "ABContactDelete", "DeleteMessages"),
    )
}
"""Of what the recorded client did not do: nobody is on any list, and all changes are taken."""


def _between(steps: list[Step], start: str, end: str) -> list[Step]:
    notes = [(at, step.note) for at, step in enumerate(steps) if step.note]
    first = next(at for at, note in notes if start in note) if start else 0
    last = next((at for at, note in notes if at > first and end in note), len(steps))
    return steps[first : last if end else len(steps)]


BY_ITSELF = {"NLN", "FLN", "UBX", "RNG", "MSG", "BYE", "JOI", "NOT", "OUT", "QNG", "CHL", "SBS"}


def _is_answer(command: Command) -> bool:
    has_number = bool(command.args) and command.args[0].isdigit() and command.args[0] != "0"
    return has_number and command.name not in BY_ITSELF


# What clients mean.


def meaning(link: str, command: Command) -> Meaning:
    """Without the number, and what every client has of its own."""
    args = command.args[1:]
    match command.name:
        case "CVR":
            return "CVR", command.args[-1]
        case "CHG":
            return "CHG", args[0], *(unquote(picture) for picture in args[2:])
        case "PRP":
            return "PRP", args[0], unquote(args[1])
        case "USR" if "S" in args:
            return "USR", *args[:2], args[2]  # The response is different each time.
        case "ADL" | "RML":
            return command.name, *sorted(_listed(command.payload or b""))
        case "MSG":
            wants_answer = args[0] == "A"
            return "MSG", wants_answer, *_message(command.payload or b"")
    return command.name, *args, command.payload


def _listed(payload: bytes) -> list[tuple[str, str]]:
    root = fromstring(payload)
    initial = [("l", root.get("l", ""))] if root.get("l") else []
    return initial + [
        (f"{contact.get('n')}@{domain.get('n')}", f"{contact.get('l')} {contact.get('t')}")
        for domain in root
        for contact in domain
    ]


def _message(payload: bytes) -> Meaning:
    headers, body = mime(payload)
    headers.pop("mime-version")
    return tuple(sorted(headers.items())), body.decode().strip()


MADE_UP = re.compile(r"(?<=X-OIM-Run-Id: )\{[^}]*\}")


def post_meaning(asked: Asked) -> Meaning:
    """Without tickets and policies, the id of the session, and who we say that we are."""
    root = fromstring(asked.body)
    for element in list(root.iter()):
        _forget(element)
    return asked.path, asked.action, outline_of(root)


def _forget(element: Element) -> None:
    name = element.tag.rpartition("}")[2]
    if name in ("TicketToken", "t", "p"):
        element.text = ""
    elif name == "Content" and element.text:
        element.text = MADE_UP.sub("{}", element.text)
    elif name == "Ticket":
        element.attrib.update(passport="", lockkey="given" if element.get("lockkey") else "")
    elif name == "From":
        element.attrib.update(friendlyName="")
    elif name == "contactInfo":
        for info in element.findall("{*}MessengerMemberInfo"):
            element.remove(info)
    elif element.get("URI", "").startswith("?"):
        element.attrib.update(URI="?")  # The policy of a ticket for TWN.
