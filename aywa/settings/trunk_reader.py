"""Named trunks out of JSON: each fault a `Gap` that names field and rule, none with a secret in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from ipaddress import ip_network

from aywa.errors import Gap
from aywa.settings.dial_reader import read_trunk_dialling
from aywa.settings.fields import Fields
from aywa.settings.trunks import (
    ALGORITHMS,
    CODECS,
    NatMode,
    SrtpPolicy,
    TrunkCredentials,
    TrunkRegistration,
    TrunkSettings,
)

VARIABLE = "RUNTIME_SIP_TRUNKS_JSON"
EXAMPLE = '[{"name": "pbx", "addresses": ["192.0.2.10"], "srtp": "required"}]'
MAX_TRUNKS = 256
MAX_CALLS, MAX_PER_S = 20_000, 1_000
MIN_EXPIRES_S, MAX_EXPIRES_S = 60, 86_400

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
# What stands in quotes in a digest header, and cannot end them: RFC 3261 §25.1 without escapes.
_USER = re.compile(r'[^"\\:\x00-\x1f\x7f]{1,128}')
_SECRET = re.compile(r"[^\x00-\x1f\x7f]{1,256}")
_REALM = re.compile(r'[^"\\\x00-\x1f\x7f]{1,128}')
_HA1 = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{64}")
_URI = re.compile(
    r"sip:(?:[A-Za-z0-9_.!~*'()&=+$,;?/%-]{1,64}@)?[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?"
    r"(?:;transport=(?:udp|tcp|tls))?"
)
_AOR = re.compile(r"sip:[A-Za-z0-9_.!~*'()&=+$,;?/%-]{1,64}@[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?")


def read_trunks(text: str) -> tuple[tuple[TrunkSettings, ...], list[Gap]]:
    """The trunks that `text`, a JSON list of objects, describes, and all its faults. Never raises."""
    gaps: list[Gap] = []
    try:
        rows = json.loads(text) if text.strip() else []
    except (ValueError, RecursionError):
        return (), [Gap(VARIABLE, "must be JSON", EXAMPLE)]
    if not isinstance(rows, list) or len(rows) > MAX_TRUNKS:
        return (), [Gap(VARIABLE, f"must be a JSON list of at most {MAX_TRUNKS} trunks", EXAMPLE)]
    trunks = []
    for index, row in enumerate(rows):
        if isinstance(row, dict):
            trunks.append(_read_trunk(Fields(f"{VARIABLE}[{index}]", row, gaps)))
        else:
            gaps.append(Gap(f"{VARIABLE}[{index}]", "must be an object", EXAMPLE))
    names = Counter(trunk.name for trunk in trunks if trunk.name)
    for index, trunk in enumerate(trunks):
        if names[trunk.name] > 1:
            gaps.append(Gap(f"{VARIABLE}[{index}].name", "must be given to one trunk only", "pbx-2"))
    return tuple(trunks), gaps


def _read_trunk(fields: Fields) -> TrunkSettings:
    if "name" not in fields:
        fields.fault("name", "must be given", "pbx")
    rule = "must be 1 to 32 of a-z, 0-9, - and _, and begin with a letter or digit"
    name = fields.text("name", _NAME, rule, "pbx")
    addresses = fields.texts(
        "addresses",
        lambda text: ip_network(text, strict=False),
        "must be a list of IP addresses and CIDR blocks",
        '["192.0.2.10", "198.51.100.0/24"]',
    )
    inbound = _read_inbound(fields)
    algorithms = fields.texts(
        "algorithms",
        lambda text: text in ALGORITHMS,
        f"must be a list out of {', '.join(ALGORITHMS)}",
        '["MD5"]',
    )
    common = [each for each in algorithms or ALGORITHMS if all(_fits(user, each) for user in inbound)]
    if inbound and not common:
        fields.fault("inbound", "must have one algorithm that every user's password or ha1 serves")
    outbound = _read_credentials(inner) if (inner := fields.within("outbound")) else None
    register = _read_registration(inner) if (inner := fields.within("register")) else None
    codecs = fields.texts(
        "codecs",
        lambda text: text in CODECS,
        f"must be a list out of {', '.join(CODECS)}",
        '["opus", "PCMA"]',
    )
    srtp = fields.choice("srtp", SrtpPolicy, SrtpPolicy.OPTIONAL) if "srtp" in fields else None
    nat = fields.choice("nat", NatMode, NatMode.SIGNALLING) if "nat" in fields else None
    dial = read_trunk_dialling(inner) if (inner := fields.within("dial")) else None
    max_calls = fields.integer("max_calls", 0, MAX_CALLS, 100) if "max_calls" in fields else None
    per_s = fields.integer("calls_per_second", 1, MAX_PER_S, 20) if "calls_per_second" in fields else None
    fields.end()
    if not inbound and any(ip_network(block, strict=False).prefixlen == 0 for block in addresses):
        fields.fault("inbound", "must be set on a trunk that is open to every address")
    if not addresses and register is None and outbound is None and dial is None:
        fields.fault("addresses", "must be given on a trunk that calls come from", '["192.0.2.10"]')
    trunk = TrunkSettings(
        name, addresses, inbound, algorithms or tuple(common[:1]), outbound, register, srtp, nat
    )
    return replace(trunk, codecs=codecs, dial=dial, max_calls=max_calls, calls_per_second=per_s)


def _fits(user: TrunkCredentials, algorithm: str) -> bool:
    digits = 64 if algorithm == "SHA-256" else 32
    return not user.ha1 or any(len(stored) == digits for stored in user.ha1)


def _read_inbound(fields: Fields) -> tuple[TrunkCredentials, ...]:
    rows = fields.take("inbound")
    if rows is None:
        return ()
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        fields.fault("inbound", "must be a list of objects with user and password or ha1")
        return ()
    users = tuple(
        _read_credentials(Fields(f"{fields.where}.inbound[{index}]", row, fields.gaps), with_realm=False)
        for index, row in enumerate(rows)
    )
    if len({user.user for user in users}) < len(users):
        fields.fault("inbound", "must name every user once")
    return users


def _read_credentials(fields: Fields, *, with_realm: bool = True) -> TrunkCredentials:
    """`with_realm`: the peer's realm, which a sum in place of the password was made for."""
    if "user" not in fields:
        fields.fault("user", "must be given", "7000")
    user = fields.text("user", _USER, "must be 1 to 128 characters without quotes, colons and \\", "7000")
    has_password, has_sum = "password" in fields, "ha1" in fields
    if has_password == has_sum:
        fields.fault("password", "must be given, or ha1 in its place, not both")
    password = fields.text("password", _SECRET, "must be 1 to 256 characters without controls", "")
    sums = fields.texts(
        "ha1",
        _HA1.fullmatch,
        "must be a list of hexadecimal sums of user:realm:password: 32 digits for MD5, 64 for SHA-256",
        "",
    )
    realm = ""
    if with_realm:
        if has_sum and "realm" not in fields:
            fields.fault("realm", "must be given with ha1, which holds it", "asterisk")
        realm = fields.text("realm", _REALM, "must be 1 to 128 characters without quotes and \\", "asterisk")
    fields.end()
    return TrunkCredentials(user, password, sums, realm)


def _read_registration(fields: Fields) -> TrunkRegistration:
    for field, example in (("registrar", "sip:192.0.2.10"), ("aor", "sip:7000@192.0.2.10")):
        if field not in fields:
            fields.fault(field, "must be given", example)
    registrar = fields.text("registrar", _URI, "must be a sip: URI", "sip:192.0.2.10:5060;transport=tcp")
    aor = fields.text("aor", _AOR, "must be a sip: URI with a user", "sip:7000@192.0.2.10")
    expires = fields.integer("expires", MIN_EXPIRES_S, MAX_EXPIRES_S, 3600)
    fields.end()
    return TrunkRegistration(registrar, aor, expires)
