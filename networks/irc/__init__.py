"""IRC: https://modern.ircdocs.horse/ (RFC 1459, RFC 2812) and IRCv3, https://ircv3.net/irc/

wire text ids sasl            what depends on nothing: lines, formatting, names, authentication
settings form                 what operators and users can choose
fsm                           which line, command or timer is handled where
login support capabilities sasl_login                     getting in, staying, leaving
rooms members people moderation messages signals contacts queries      what one does there
requests answers outgoing     commands and what came of them; how fast we send
state known                   what a session knows, and how handlers act
news translator roles         what happened; the same in common terms

Capabilities used: account-notify account-tag away-notify batch cap-notify chghost echo-message
extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix sasl
server-time setname standard-replies sts userhost-in-names.

Known deviations: DCC is refused.  CTCP TIME answers with the server's time.  History comes only as
bouncers and servers send it by themselves; none is asked for.
"""

from gateway.network import Network
from gateway.words import mark
from networks.irc.form import check, fields, guest, probe
from networks.irc.fsm import COMMANDS, IrcFsm
from networks.irc.ids import IrcAddressing
from networks.irc.settings import IrcSettings
from networks.irc.translator import IrcTranslator
from networks.irc.wire import show


def addressing(settings: IrcSettings) -> IrcAddressing:
    return IrcAddressing(open=settings.is_open)


NETWORK = Network(
    name="irc",
    title="IRC",
    prompt=mark("Nickname"),
    commands=frozenset(COMMANDS),
    settings=IrcSettings,
    addressing=addressing,
    fields=fields,
    check=check,
    guest=guest,
    fsm=IrcFsm,
    translator=IrcTranslator,
    show=show,
    probe=probe,
)
