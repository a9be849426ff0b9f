"""What InspIRCd and Anope are told.

https://docs.inspircd.org/3/configuration and https://wiki.anope.org/index.php/2.0/Configuration
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gateway.trial.certificates import Certificate
from gateway.trial.process import LOOPBACK

OPERATOR = ("boss", "boss-password")

SERVER = "irc.inspircd.test"
SERVICES = "services.inspircd.test"
LINK_PASSWORD = "link-password"

MODULES = """
    cap ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify ircv3_chghost ircv3_ctctags
    ircv3_echomessage ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime
    sasl services_account monitor watch setname cloaking starttls sslinfo sslmodes ssl_gnutls
    spanningtree md5 sha256 banexception inviteexception allowinvite uninvite knock nokicks nonicks
    nonotice noctcp delayjoin auditorium permchannels redirect stripcolor muteban channelban
    callerid deaf botmode chghost chgident sethost setident hidechans
    namesx uhnames userip alias operprefix ojoin override servprotect svshold timedbans topiclock
    kicknorejoin joinflood messageflood nickflood repeat remove customprefix conn_umodes
    sajoin sakick samode sanick sapart saquit satopic securelist showwhois swhois chanhistory
    passforward regex_glob globops
""".split()  # noqa: SIM905  Ninety lines otherwise.
"""Everything that changes what a client sees.  ``ircv3_sts`` comes on demand."""


class Options(NamedTuple):
    flood_limits: bool
    sts: bool
    password: str


def ircd(
    port: int, tls_port: int, link_port: int, certificate: Certificate, options: Options
) -> str:
    modules = [*MODULES, *(["ircv3_sts"] if options.sts else [])]
    name, secret = OPERATOR
    lines = [
        f'<server name="{SERVER}" description="A private server" id="1IN" network="TestNet">',
        '<admin name="Nobody" nick="nobody" email="nobody@irc.inspircd.test">',
        *(f'<module name="{module}">' for module in modules),
        '<sslprofile name="Clients" provider="gnutls" '
        f'certfile="{certificate.cert_file}" keyfile="{certificate.key_file}" '
        f'cafile="{certificate.ca_file}">',
        f'<bind address="{LOOPBACK}" port="{port}" type="clients">',
        f'<bind address="{LOOPBACK}" port="{tls_port}" type="clients" sslprofile="Clients">',
        f'<bind address="{LOOPBACK}" port="{link_port}" type="servers">',
        f'<link name="{SERVICES}" ipaddr="{LOOPBACK}" port="{link_port}" allowmask="{LOOPBACK}" '
        f'sendpass="{LINK_PASSWORD}" recvpass="{LINK_PASSWORD}">',
        f'<uline server="{SERVICES}" silent="yes">',
        f'<sasl target="{SERVICES}" requiressl="no">',
        '<class name="Everything" commands="*" privs="*" usermodes="*" chanmodes="*" snomasks="*">',
        '<type name="Boss" classes="Everything">',
        f'<oper name="{name}" password="{secret}" host="*@*" type="Boss">',
        '<cloak mode="half" key="a secret of the test network only, 30+" domainparts="3">',
        '<chanhistory maxlines="50" prefixmsg="no">',
        '<maxlist chan="*" limit="100">',
        '<options prefixquit="Quit: " hostintopic="yes" syntaxhints="no" defaultmodes="nt" '
        'casemapping="rfc1459" customversion="">',
        '<security hideserver="" maxtargets="20" hidekills="">',
        '<dns server="127.0.0.1" timeout="1">',
        f'<connect name="main" allow="*" {_limits(options)}>',
    ]
    if options.sts:
        lines.append(f'<sts host="localhost" duration="5m" port="{tls_port}" preload="no">')
    return "\n".join(lines) + "\n"


def _limits(options: Options) -> str:
    """Of a connection; a fakelag of "no" means that commands are never delayed."""
    limits = {
        "resolvehostnames": "no",
        "useident": "no",
        "usests": "yes" if options.sts else "no",
        "timeout": "30",
        "pingfreq": "2m",
        "maxchans": "200",
        "localmax": "5000",
        "globalmax": "5000",
        "hardsendq": "4M",
        "softsendq": "2M",
        "recvq": "10K" if options.flood_limits else "1M",
        "threshold": "10" if options.flood_limits else "1000000",
        "commandrate": "1000" if options.flood_limits else "1000000",
        "fakelag": "yes" if options.flood_limits else "no",
    }
    if options.password:
        limits["password"] = options.password
    return " ".join(f'{key}="{value}"' for key, value in limits.items())


NICKSERV = {
    "ns_register": ("REGISTER", "CONFIRM"),
    "ns_identify": ("IDENTIFY",),
    "ns_logout": ("LOGOUT",),
    "ns_group": ("GROUP",),
    "ns_info": ("INFO",),
    "ns_recover": ("RECOVER", "GHOST", "RELEASE"),
    "ns_drop": ("DROP",),
    "ns_set": ("SET", "SET PASSWORD"),
    "ns_cert": ("CERT",),
}
"""Modules of Anope, and the commands of NickServ they provide."""

CHANSERV = {"cs_register": ("REGISTER",), "cs_info": ("INFO",), "cs_drop": ("DROP",)}


def services(folder: Path, link_port: int) -> str:
    return "\n".join(
        [
            _block(
                "uplink",
                host=LOOPBACK,
                ipv6=False,
                ssl=False,
                port=link_port,
                password=LINK_PASSWORD,
            ),
            _block(
                "serverinfo",
                name=SERVICES,
                description="Services",
                pid=str(folder / "anope.pid"),
                motd=str(folder / "motd"),
                id="00A",
            ),
            _block("module", name="inspircd3"),
            _block(
                "networkinfo",
                networkname="TestNet",
                nicklen=30,
                userlen=10,
                hostlen=64,
                chanlen=64,
                modelistsize=100,
            ),
            _block(
                "options",
                casemap="rfc1459",
                strictpasswords=False,
                badpasslimit=0,
                updatetimeout="5m",
                expiretimeout="30m",
                readtimeout="5s",
                warningtimeout="4h",
                timeoutcheck="1s",
                retrywait="1s",
            ),
            _block("module", name="enc_sha256"),
            _block("module", name="db_flatfile", database="anope.db"),
            _service("NickServ"),
            _block("module", name="nickserv", client="NickServ", forceemail=False, expire="21d"),
            _commands("NickServ", NICKSERV),
            _service("ChanServ"),
            _block("module", name="chanserv", client="ChanServ"),
            _commands("ChanServ", CHANSERV),
            _block("module", name="m_sasl"),
            _block("log", target="services.log", admin="*", commands="*", users="*", other="*"),
        ]
    )


def _service(nick: str) -> str:
    return _block("service", nick=nick, user="services", host=SERVICES, gecos="Services")


def _commands(service: str, modules: Mapping[str, tuple[str, ...]]) -> str:
    blocks = []
    for module, names in modules.items():
        blocks.append(_module(module))
        for name in names:
            command = f"{service.lower()}/{ALIASES.get(name, name).lower().replace(' ', '/')}"
            blocks.append(_block("command", service=service, name=name, command=command))
    return "\n".join(blocks)


ALIASES = {"GHOST": "RECOVER", "RELEASE": "RECOVER"}

WITHOUT_MAIL = {"registration": "none", "regdelay": "0s", "nickregdelay": "0s"}


def _module(name: str) -> str:
    return _block("module", name=name, **(WITHOUT_MAIL if name == "ns_register" else {}))


def _block(kind: str, **entries: str | int | bool) -> str:
    lines = (f"  {key} = {_value(value)}" for key, value in entries.items())
    return "\n".join([kind, "{", *lines, "}"])


def _value(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) else f'"{value}"'
