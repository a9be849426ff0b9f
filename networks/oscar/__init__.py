"""OSCAR, the protocol of AIM and ICQ.  AOL's own description (2008), and what revival servers do.

wire, data                frames, and what they are made of
blocks, users, feedbag, icbm, icq, details, chat       what is in them
text, ids, auth, rates    charsets and HTML, names, passwords, how fast we may send
settings, form            what operators and users can choose
fsm                       which SNAC, command or timer is handled where
kerberos                  the log-in of AIM 6, by HTTP
login, refusals, bos      getting in, staying, leaving
services                  connections for rooms and icons
contacts, presence, messages, rooms, people, own, icons    what one does there
book, copy                the address book, now and at the last log-in
requests, answers         commands and what came of them
state, parts              what a session knows
news, translator          what happened; the same in common terms

The packages ``aim`` and ``icq`` are the networks made of this one.

Known deviations: file transfers and direct connections are refused.  Log-in is BUCP, by the weak or
the strong hash, or Kerberos; not clientLogin.
"""

from gateway.commands import Invite, JoinRoom, LeaveRoom
from gateway.network import Network
from gateway.words import mark
from networks.oscar.form import check, fields, probe
from networks.oscar.fsm import COMMANDS, OscarFsm
from networks.oscar.icons import PICTURE
from networks.oscar.ids import OscarAddressing, Service
from networks.oscar.own import PROFILE_AIM, PROFILE_ICQ
from networks.oscar.people import SEARCH_AIM, SEARCH_ICQ
from networks.oscar.refusals import PACE
from networks.oscar.settings import OscarSettings
from networks.oscar.translator import OscarTranslator
from networks.oscar.wire import show

ROOMS = {JoinRoom, LeaveRoom, Invite}
"""ICQ has none."""

COMMANDS_OF = {Service.AIM: frozenset(COMMANDS), Service.ICQ: frozenset(COMMANDS) - ROOMS}
PROMPTS = {Service.AIM: mark("Screen name"), Service.ICQ: mark("ICQ number")}
PROFILES = {Service.AIM: PROFILE_AIM, Service.ICQ: PROFILE_ICQ}
SEARCHES = {Service.AIM: SEARCH_AIM, Service.ICQ: SEARCH_ICQ}


def network(service: Service, title: str) -> Network:
    return Network(
        name=service.value,
        title=title,
        prompt=PROMPTS[service],
        commands=COMMANDS_OF[service],
        settings=OscarSettings,
        addressing=lambda settings: OscarAddressing(service),
        fields=lambda settings, account: fields(service),
        check=lambda settings, form: check(service, form),
        guest=None,
        search=SEARCHES[service],
        profile=PROFILES[service],
        picture=PICTURE,
        fsm=OscarFsm,
        translator=OscarTranslator,
        show=show,
        probe=probe,
        pace=PACE,
    )
