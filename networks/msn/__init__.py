"""MSN Messenger: MSNP15 (or 13, 14) with its SOAP services, as they live on revival servers.

No specification was ever published; what is known comes from recordings and other people's notes.

wire                         commands of both kinds of server
challenge, sso               what proves who we are
fields, xml, soap            lines, elements, and the services over HTTP
abservice, memberships       who may see whom
addressbook, editing, lists  contacts and groups
mime, text, personal         what is in messages, and under names
oim, leaving                 offline messages, for us and for others
msnobject, slp, p2p, peer    display pictures, and how they are passed on
ids, settings, form          addresses; what operators and users can choose
fsm                          which command, of whom, is handled where
services                     questions to the services, one after the other
login, presence              getting in and staying; who is there
listing, contacts            the address book at log-in, and later
switchboard, boards, attendance   who is there, and who comes and goes
messages, rooms, pictures    what is said there; three and more of us; display pictures
offline                      messages that wait
requests, answers, refusals  commands and what came of them
state, news, translator      what a session knows; what happened; the same in common terms

Known deviations: no files, no voice, no winks.  Custom emoticons are shown as what was typed.
"""

from gateway.network import Network
from gateway.words import mark
from networks.msn.form import FIELDS, check, probe
from networks.msn.fsm import COMMANDS, MsnFsm
from networks.msn.ids import MsnAddressing
from networks.msn.pictures import SUITABLE
from networks.msn.settings import MsnSettings
from networks.msn.translator import MsnTranslator
from networks.msn.wire import show

NETWORK = Network(
    name="msn",
    title="MSN",
    prompt=mark("E-mail address"),
    commands=frozenset(COMMANDS),
    settings=MsnSettings,
    addressing=lambda settings: MsnAddressing(),
    fields=lambda settings, account: FIELDS,
    check=check,
    guest=None,
    picture=SUITABLE,
    fsm=MsnFsm,
    translator=MsnTranslator,
    show=show,
    probe=probe,
)
