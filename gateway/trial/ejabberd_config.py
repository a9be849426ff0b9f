"""The ejabberd.yml of a private server: https://docs.ejabberd.im/admin/configuration/

For tests and trials.  What an operator adds to the own server is printed by
``gateway.py ejabberd``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from gateway.trial.certificates import Certificate
from gateway.trial.process import LOOPBACK

MAX_UPLOAD = 100 * 1024 * 1024
"""Octets; ejabberd's own default (XEP-0363)."""


class Ports(NamedTuple):
    clients: int
    components: int
    admin: int
    """HTTP: admin commands, and files of XEP-0363."""


class Options(NamedTuple):
    mam: bool
    """Archive messages (XEP-0313).  On Mnesia that is far too slow for a load test."""
    privilege: bool
    """Grant components all of XEP-0356."""
    offline: bool
    """Store messages for those who are away (XEP-0160)."""
    slots: int
    certificate: Certificate | None
    """Offers TLS to clients.  Without, they talk in plain text."""


def ejabberd_yml(
    domain: str,
    components: Sequence[str],
    secret: str,
    ports: Ports,
    options: Options,
    upload: Path,
) -> str:
    config: dict[str, Any] = {
        "hosts": [domain],
        "loglevel": "info",
        "acme": {"auto": False},
        "ca_file": "/etc/ssl/certs/ca-certificates.crt",
        "auth_method": "internal",
        "auth_password_format": "plain",  # Log-ins are fast; nothing here is worth a hash.
        "disable_sasl_mechanisms": ["x-oauth2"],
        "s2s_access": "none",  # A domain nobody serves is refused at once, without DNS.
        "registration_timeout": "infinity",
        "acl": {"loopback": {"ip": ["127.0.0.0/8"]}},
        "access_rules": {"register": {"allow": "all"}},
        "api_permissions": {
            "everything from loopback": {
                "from": ["mod_http_api"],
                "who": {"access": {"allow": {"acl": "loopback"}}},
                "what": "*",
            }
        },
        "shaper": {},
        "listen": _listeners(ports, components, secret, options),
        "modules": _modules(options, ports, upload),
    }
    if options.certificate:
        config["certfiles"] = [
            str(options.certificate.cert_file),
            str(options.certificate.key_file),
        ]
    if options.slots:
        config["domain_balancing"] = {
            component: {"type": "bare_source", "component_number": options.slots}
            for component in components
        }
    return yaml.safe_dump(config, sort_keys=False)


def _listeners(
    ports: Ports, components: Sequence[str], secret: str, options: Options
) -> list[dict[str, Any]]:
    return [
        {
            "port": ports.clients,
            "ip": LOOPBACK,
            "module": "ejabberd_c2s",
            "starttls": bool(options.certificate),
            "max_stanza_size": 1024 * 1024,
            "shaper": "none",
            "access": "all",
        },
        {
            "port": ports.components,
            "ip": LOOPBACK,
            "module": "ejabberd_service",
            "access": "all",
            "shaper": "none",
            "global_routes": True,  # One connection serves all of them.
            "hosts": {component: {"password": secret} for component in components},
        },
        {
            "port": ports.admin,
            "ip": LOOPBACK,
            "module": "ejabberd_http",
            "request_handlers": {"/api": "mod_http_api", "/upload": "mod_http_upload"},
        },
    ]


PLAIN_MODULES = """
    mod_adhoc mod_admin_extra mod_avatar mod_blocking mod_caps mod_carboncopy mod_client_state
    mod_disco mod_http_api mod_last mod_muc_admin mod_ping mod_privacy mod_private mod_stats
    mod_stream_mgmt mod_time mod_vcard mod_vcard_xupdate mod_version
""".split()  # noqa: SIM905  A line for each says no more.


def _modules(options: Options, ports: Ports, upload: Path) -> dict[str, Any]:
    modules: dict[str, Any] = {name: {} for name in PLAIN_MODULES}
    modules |= {
        "mod_http_upload": {
            "host": "upload.@HOST@",
            "put_url": f"http://{LOOPBACK}:{ports.admin}/upload",
            "docroot": str(upload),
            "max_size": MAX_UPLOAD,
            "access": "all",
        },
        "mod_muc": {"host": "conference.@HOST@", "access_create": "all"},
        "mod_pubsub": {"plugins": ["flat", "pep"]},
        "mod_register": {"ip_access": "all", "welcome_message": {}},
        "mod_roster": {"versioning": True},
    }
    if options.mam:
        modules["mod_mam"] = {"default": "always", "assume_mam_usage": True}
    if options.offline:
        modules["mod_offline"] = {}
    if options.privilege:
        modules["mod_privilege"] = {
            "roster": {"both": "all"},
            "message": {"outgoing": "all"},
            "presence": {"managed_entity": "all", "roster": "all"},
        }
    return modules
