"""What came of our commands: errors, fences, labels and silence.

Servers say "no" by a numeric that names what it is about, and mostly nothing for "yes"; how the two
are told apart is in ``requests``.  https://modern.ircdocs.horse/#numerics
"""

from gateway.errors import Reason
from networks.irc.known import Batch, words
from networks.irc.news import Delivered, TopicChanged
from networks.irc.requests import FENCE, Asked, Request
from networks.irc.state import Irc
from networks.irc.wire import Line

MAX_BATCHES = 64
"""Open at the same time.  A server that opens more has forgotten to close some."""

HISTORY = frozenset({"chathistory", "draft/chathistory", "znc.in/playback", "playback"})

NO_ANSWER = "The server did not answer."
NICK_KEPT = "The server did not change the nickname."

ANY = frozenset(Asked)
TALK = frozenset({Asked.MESSAGE, Asked.RAW})
JOIN = frozenset({Asked.JOIN, Asked.RAW})
NICK = frozenset({Asked.NICK, Asked.RAW})
CHANGE = frozenset({Asked.CHANGE, Asked.TOPIC, Asked.MASKS, Asked.RAW})

ERRORS: dict[str, tuple[Reason, frozenset[Asked]]] = {
    # Numeric: (what it means, which requests it may be about).
    "263": (Reason.TOO_MUCH, ANY),  # RPL_TRYAGAIN
    "401": (Reason.NOT_FOUND, ANY),  # ERR_NOSUCHNICK
    "402": (Reason.NOT_FOUND, ANY),  # ERR_NOSUCHSERVER
    "403": (Reason.NOT_FOUND, ANY),  # ERR_NOSUCHCHANNEL
    "404": (Reason.FORBIDDEN, TALK),  # ERR_CANNOTSENDTOCHAN
    "405": (Reason.NOT_ALLOWED, JOIN),  # ERR_TOOMANYCHANNELS
    "406": (Reason.NOT_FOUND, ANY),  # ERR_WASNOSUCHNICK
    "407": (Reason.NOT_ALLOWED, TALK | JOIN),  # ERR_TOOMANYTARGETS
    "408": (Reason.NOT_ALLOWED, TALK),  # ERR_NOCOLORSONCHAN, of bahamut
    "411": (Reason.BAD_REQUEST, TALK),  # ERR_NORECIPIENT
    "412": (Reason.BAD_REQUEST, TALK),  # ERR_NOTEXTTOSEND
    "413": (Reason.NOT_ALLOWED, TALK),  # ERR_NOTOPLEVEL
    "414": (Reason.NOT_ALLOWED, TALK),  # ERR_WILDTOPLEVEL
    "415": (Reason.NOT_ALLOWED, TALK),  # ERR_BADMASK
    "416": (Reason.TOO_MUCH, ANY),  # ERR_QUERYTOOLONG
    "417": (Reason.NOT_ACCEPTABLE, ANY),  # ERR_INPUTTOOLONG
    "421": (Reason.NOT_SUPPORTED, ANY),  # ERR_UNKNOWNCOMMAND
    "431": (Reason.NOT_ACCEPTABLE, NICK),  # ERR_NONICKNAMEGIVEN
    "432": (Reason.NOT_ACCEPTABLE, NICK),  # ERR_ERRONEUSNICKNAME
    "433": (Reason.CONFLICT, NICK),  # ERR_NICKNAMEINUSE
    "435": (Reason.NOT_ALLOWED, NICK),  # ERR_BANONCHAN, of solanum
    "436": (Reason.CONFLICT, NICK),  # ERR_NICKCOLLISION
    "437": (Reason.CONFLICT, NICK | JOIN),  # ERR_UNAVAILRESOURCE
    "438": (Reason.TOO_MUCH, NICK),  # ERR_NICKTOOFAST
    "439": (Reason.TOO_MUCH, ANY),  # ERR_TARGETTOOFAST
    "440": (Reason.UNAVAILABLE, ANY),  # ERR_SERVICESDOWN
    "441": (Reason.NOT_FOUND, CHANGE),  # ERR_USERNOTINCHANNEL
    "442": (Reason.NOT_ACCEPTABLE, ANY),  # ERR_NOTONCHANNEL
    "443": (Reason.CONFLICT, CHANGE),  # ERR_USERONCHANNEL
    "447": (Reason.NOT_ALLOWED, NICK),  # ERR_NONICKCHANGE
    "461": (Reason.BAD_REQUEST, ANY),  # ERR_NEEDMOREPARAMS
    "467": (Reason.CONFLICT, CHANGE),  # ERR_KEYSET
    "471": (Reason.FULL, JOIN),  # ERR_CHANNELISFULL
    "472": (Reason.NOT_SUPPORTED, CHANGE),  # ERR_UNKNOWNMODE
    "473": (Reason.REGISTRATION_REQUIRED, JOIN),  # ERR_INVITEONLYCHAN
    "474": (Reason.FORBIDDEN, JOIN),  # ERR_BANNEDFROMCHAN
    "475": (Reason.NOT_AUTHORIZED, JOIN),  # ERR_BADCHANNELKEY
    "476": (Reason.NOT_ACCEPTABLE, ANY),  # ERR_BADCHANMASK
    "477": (Reason.REGISTRATION_REQUIRED, TALK | JOIN | CHANGE),  # ERR_NEEDREGGEDNICK
    "478": (Reason.TOO_MUCH, CHANGE),  # ERR_BANLISTFULL
    "479": (Reason.NOT_ACCEPTABLE, ANY),  # ERR_BADCHANNAME
    "480": (Reason.TOO_MUCH, JOIN),  # ERR_THROTTLE
    "481": (Reason.FORBIDDEN, CHANGE),  # ERR_NOPRIVILEGES
    "482": (Reason.FORBIDDEN, CHANGE),  # ERR_CHANOPRIVSNEEDED
    "484": (Reason.FORBIDDEN, CHANGE | NICK),  # ERR_RESTRICTED; of a KICK: they are protected
    "485": (Reason.FORBIDDEN, CHANGE | JOIN),  # ERR_UNIQOPPRIVSNEEDED, and others
    "486": (Reason.REGISTRATION_REQUIRED, TALK),  # ERR_NONONREG
    "489": (Reason.NOT_ALLOWED, JOIN | CHANGE),  # ERR_SECUREONLYCHAN; InspIRCd: no voice
    "492": (Reason.NOT_ALLOWED, TALK),  # ERR_NOCTCP
    "494": (Reason.NOT_ALLOWED, TALK),  # ERR_OWNMODE
    "495": (Reason.TOO_MUCH, JOIN),  # ERR_DELAYREJOIN
    "500": (Reason.TOO_MUCH, JOIN),  # ERR_TOOMANYJOINS
    "520": (Reason.NOT_ALLOWED, JOIN),  # ERR_OPERONLY
    "531": (Reason.NOT_ALLOWED, TALK),  # ERR_CANTSENDTOUSER
    "696": (Reason.BAD_REQUEST, CHANGE),  # ERR_INVALIDMODEPARAM
    "697": (Reason.CONFLICT, CHANGE),  # ERR_LISTMODEALREADYSET
    "698": (Reason.NOT_FOUND, CHANGE),  # ERR_LISTMODENOTSET
    "716": (Reason.NOT_ALLOWED, TALK),  # RPL_TARGUMODEG: they ignore strangers
    "974": (Reason.NOT_ALLOWED, CHANGE),  # ERR_CANTCHANGECHANMODE
    "972": (Reason.NOT_ALLOWED, CHANGE),  # ERR_CANNOTDOCOMMAND
}

OTHER_ERROR = (Reason.NOT_ALLOWED, ANY)


def on_error_numeric(irc: Irc, line: Line) -> None:
    reason, kinds = ERRORS.get(line.command, OTHER_ERROR)
    if request := find(irc, line, kinds):
        if reason is Reason.NOT_FOUND and request.kind is Asked.MESSAGE:
            reason = Reason.UNAVAILABLE
        fail(irc, request, reason, words(line))
    else:
        irc.notice(words(line))


def fail(irc: Irc, request: Request, reason: Reason, detail: str) -> None:
    if request.kind is Asked.JOIN:
        irc.asked_ids.pop(request.targets[0], None)
    irc.refuse(request, reason, detail)


def find(irc: Irc, line: Line, kinds: frozenset[Asked] = ANY) -> Request | None:
    """By its label; else by what is named; else, when nothing is named, by what it can be about."""
    if label := label_of(irc, line):
        return irc.requests.labeled(label)
    named = line.params[1:-1]
    names = {irc.fold(name) for name in named}
    commands = {name.upper() for name in named}
    for request in irc.requests:
        if request.kind not in kinds:
            continue
        if not names.isdisjoint(request.targets) or not commands.isdisjoint(request.commands):
            return request
        if not named and kinds is not ANY:
            return request
    return None


def label_of(irc: Irc, line: Line) -> str:
    """The label of what this answers."""
    if not line.tags:
        return ""
    if label := line.tags.get("label"):
        return label
    batch = irc.batches.get(line.tags.get("batch", ""))
    return batch.label if batch else ""


# Standard replies: https://ircv3.net/specs/extensions/standard-replies

CODES = {
    "ACCOUNT_REQUIRED": Reason.REGISTRATION_REQUIRED,
    "INVALID_TARGET": Reason.NOT_FOUND,
    "INVALID_UTF8": Reason.NOT_ACCEPTABLE,
    "NEED_REGISTRATION": Reason.REGISTRATION_REQUIRED,
    "RATE_LIMITED": Reason.TOO_MUCH,
    "UNKNOWN_COMMAND": Reason.NOT_SUPPORTED,
}


def on_fail(irc: Irc, line: Line) -> None:
    """FAIL command code context… words"""
    if request := find(irc, Line("FAIL", ("*", *line.params), "", line.tags)):
        fail(irc, request, CODES.get(line.params[1], Reason.NOT_ALLOWED), line.params[-1])
    else:
        on_remark(irc, line)


def on_remark(irc: Irc, line: Line) -> None:
    """WARN, NOTE"""
    command, _, *context, text = line.params
    about = " ".join(word for word in (command, *context) if word != "*")
    irc.notice(f"{about}: {text}" if about else text)


# Success.


def on_pong(irc: Irc, line: Line) -> None:
    token = line.params[-1]
    number = token.removeprefix(FENCE)
    if token.startswith(FENCE) and number.isascii() and number.isdecimal() and len(number) < 10:
        for request in irc.requests.passed(int(number)):
            succeed(irc, request)


def on_ack(irc: Irc, line: Line) -> None:
    """https://ircv3.net/specs/extensions/labeled-response#ack-message"""
    request = irc.requests.labeled(label_of(irc, line))
    if request and request.kind is Asked.MESSAGE and request.is_sent:
        succeed(irc, request)


def succeed(irc: Irc, request: Request) -> None:
    """Nothing was said against it."""
    match request.kind:
        case Asked.MESSAGE:
            deliver(irc, request, confirmed=True)
        case Asked.TOPIC if request.token:
            # It was the topic already, or TOPIC would have come.
            irc.done(
                request, TopicChanged(request.chat, request.body, irc.nick, None, request.token)
            )
        case Asked.NICK if not irc.is_me(request.body):
            irc.refuse(request, Reason.NOT_ACCEPTABLE, NICK_KEPT)
        case _:
            irc.done(request)


def deliver(irc: Irc, request: Request, *, confirmed: bool) -> None:
    assert request.token
    irc.done(request, Delivered(request.chat, request.token, request.body, confirmed))


def on_sweep_timer(irc: Irc) -> None:
    """Requests that neither answer nor fence settled."""
    irc.is_sweeping = False  # Asked for again as long as there are any.
    for request in irc.requests.grown_old():
        if request.kind is Asked.MESSAGE:
            deliver(irc, request, confirmed=False)
        else:
            fail(irc, request, Reason.TIMEOUT, NO_ANSWER)


# Batches: https://ircv3.net/specs/extensions/batch


def on_batch(irc: Irc, line: Line) -> None:
    reference = line.params[0]
    if reference.startswith("-"):
        irc.batches.pop(reference[1:], None)
    elif reference.startswith("+") and len(line.params) > 1 and len(irc.batches) < MAX_BATCHES:
        outer = irc.batches.get(line.tags.get("batch", ""))
        type_ = line.params[1]
        irc.batches[reference[1:]] = Batch(
            type_,
            line.tags.get("label") or (outer.label if outer else ""),
            type_ in HISTORY or bool(outer and outer.is_history),
        )
