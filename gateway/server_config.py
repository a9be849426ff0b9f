"""``gateway.py ejabberd``: what the XMPP server has to be told, made to fit gateway.yaml.

ejabberd: https://docs.ejabberd.im/admin/configuration/listen/#ejabberd-service and
https://docs.ejabberd.im/admin/configuration/modules/#mod-privilege (XEP-0356).
Prosody: https://prosody.im/doc/components and https://modules.prosody.im/mod_privilege.
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

# Into "acl:" and "access_rules:"
acl:
  greengate:
    server:
{servers}
access_rules:
  greengate:
    allow: greengate

# Into "modules:".  Optional: contacts then appear in users' rosters without questions.
# ejabberd 24.10 to 25.02: leave it out.  With it, they do not answer some requests of components.
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

-- Before the first VirtualHost.
component_ports = {{ {port} }}
component_interfaces = {{ {ip} }}

-- Into the VirtualHost that is there.  Optional: contacts then appear in users' rosters without
-- questions.  The module comes with Debian's prosody-modules, or from https://modules.prosody.im.
VirtualHost {domain}
    modules_enabled = {{ "privilege" }}
    privileged_entities = {{
        [{first}] = {{ roster = "both"; message = "outgoing" }};
    }}

-- At the end.
Component {first}
    component_secret = {secret}
    modules_enabled = {{ "privilege" }}
{others}"""

PROSODY_OTHERS = """
-- Prosody routes one domain to a connection, and a gateway makes one.  So with Prosody these, the
-- other transports of gateway.yaml, need a gateway each, in a folder of its own:
-- {}
"""


def ejabberd(config: Config) -> str:
    domains = list(config.transports)
    secret = _quoted(config.xmpp.secret.get_secret_value())
    return EJABBERD.format(
        path=config.path,
        port=config.xmpp.port,
        ip=_quoted(_listen_address(config.xmpp.host, "::")),
        first=domains[0],
        hosts=_lines(f"      {_quoted(d)}:\n        password: {secret}" for d in domains),
        servers=_lines(f"      - {_quoted(domain)}" for domain in domains),
    ).rstrip()


def prosody(config: Config) -> str:
    first, *others = config.transports
    return PROSODY.format(
        path=config.path,
        port=config.xmpp.port,
        ip=_quoted(_listen_address(config.xmpp.host, "*")),
        domain=_quoted(config.xmpp.domain),
        first=_quoted(first),
        secret=_quoted(config.xmpp.secret.get_secret_value()),
        others=PROSODY_OTHERS.format(", ".join(others)) if others else "",
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
