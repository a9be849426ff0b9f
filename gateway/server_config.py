"""``gateway.py ejabberd``: what the XMPP server has to be told, made to fit gateway.yaml.

ejabberd: https://docs.ejabberd.im/admin/configuration/listen/#ejabberd-service.
Prosody: https://prosody.im/doc/components.
"""

import ipaddress
import json
from collections.abc import Iterator

from gateway.config import Config

EJABBERD = """\
# For ejabberd.yml, from {path}.  Holds the secret: mode 0600.

# Into the list under "listen:"
listen:
  -
    port: {port}
    ip: {ip}
    module: ejabberd_service
    access: all
    # Stanzas must come from one of the domains below.
    check_from: true
    # The gateway connects under {first} alone and serves all of them.
    global_routes: true
    # The gateway limits each user itself; a shaper here would slow everybody.
    shaper: none
    hosts:
{hosts}

# What the gateway may do in the name of your users (XEP-0356): put contacts into their roster, and
# show them what they wrote in another client.  It works without, but asks for each contact.
acl:
  greengate:
    server:
{servers}
access_rules:
  greengate:
    allow: greengate

# Into "modules:"
modules:
  mod_privilege:
    roster:
      both: greengate
    message:
      outgoing: greengate

# Do not set domain_balancing for these domains, nor max_fsm_queue: each loses stanzas silently.
# If users of other servers may use the gateway, each domain also needs a DNS record.
"""

PROSODY = """\
-- For prosody.cfg.lua, from {path}.  Holds the secret: mode 0600.
{unsaid}
-- Before the first VirtualHost.
component_ports = {{ {port} }}
component_interfaces = {{ {ip} }}

-- Into your VirtualHost {domain}.
-- What the gateway may do in the name of your users (XEP-0356): put contacts into their roster, and
-- show them what they wrote in another client.  It works without, but asks for each contact.
-- mod_privilege is in Debian's package prosody-modules; add "privilege" to modules_enabled, too.
privileged_entities = {{
{entities}
}}

-- At the end.
{components}"""

PROSODY_ENTITY = '    [{domain}] = {{ roster = "both"; message = "outgoing" }};'

PROSODY_COMPONENT = """\
Component {domain}
    component_secret = {secret}
    modules_enabled = {{ "privilege" }}
"""

UNSAID = "-- That file has to say so, too:  xmpp: {server: prosody}\n"


def ejabberd(config: Config) -> str:
    domains = list(config.transports)
    secret = _quoted(config.xmpp.secret.get_secret_value())
    return EJABBERD.format(
        path=config.path,
        port=config.xmpp.port,
        ip=_quoted(_listen_address(config.xmpp.host, "::")),
        first=domains[0],
        servers=_lines(f"      - {_quoted(domain)}" for domain in domains),
        hosts=_lines(f"      {_quoted(d)}:\n        password: {secret}" for d in domains),
    ).rstrip()


def prosody(config: Config) -> str:
    secret = _quoted(config.xmpp.secret.get_secret_value())
    return PROSODY.format(
        path=config.path,
        unsaid="" if config.xmpp.server == "prosody" else UNSAID,
        port=config.xmpp.port,
        ip=_quoted(_listen_address(config.xmpp.host, "*")),
        domain=_quoted(config.xmpp.domain),
        entities=_lines(
            PROSODY_ENTITY.format(domain=_quoted(domain)) for domain in config.transports
        ),
        components=_lines(
            PROSODY_COMPONENT.format(domain=_quoted(domain), secret=secret)
            for domain in config.transports
        ),
    ).rstrip()


def _listen_address(host: str, everywhere: str) -> str:
    """Where the server listens so that the gateway reaches it at ``host``: not wider than it must,
    because on this port the secret is all that keeps others out."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return everywhere


def _quoted(text: str) -> str:
    """A string as YAML and Lua both have it, for what secrets and domains can be."""
    return json.dumps(text, ensure_ascii=False)


def _lines(lines: Iterator[str]) -> str:
    return "\n".join(lines)
