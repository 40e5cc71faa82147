"""What may be dialled, out of the environment and out of a trunk's JSON."""

from __future__ import annotations

import re

from aywa.settings.dialling import DialLimits, DialSettings, TrunkDialling
from aywa.settings.fields import Fields
from aywa.settings.reader import EnvironmentReader, parts

MAX_CONCURRENT, MAX_PER_SECOND, MAX_PER_DAY, MAX_MINUTES = 20_000, 1_000, 10_000_000, 10_000_000

_HOST = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])"
_SERVER = re.compile(rf"sip:{_HOST}(?::[0-9]{{1,5}})?(?:;transport=(?:udp|tcp|tls))?")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_CALLER = re.compile(r"\+?[0-9]{2,15}|[A-Za-z][A-Za-z0-9._-]{0,63}")
# A pattern that began with X or 0 would take in what leads out of a PBX.
_USER = re.compile(r"[1-9][0-9X]{1,5}|(?!X[0-9X]*\Z)[A-Za-z][A-Za-z0-9._-]{0,63}")
_HOME = re.compile(r"\+?([1-9][0-9]{0,2})")
_SHORT = re.compile(r"[0-9]{2,6}")
_LIMITS = DialLimits()
_DIAL = DialSettings()


def read_trunk_dialling(fields: Fields) -> TrunkDialling:
    """The `dial` object of a trunk; its faults are noted in `fields`."""
    if "server" not in fields:
        fields.fault("server", "must be given", "sip:192.0.2.10")
    server = fields.text(
        "server", _SERVER, "must be a sip: URI without a user", "sip:192.0.2.10:5060;transport=tcp"
    )
    dialling = TrunkDialling(
        server,
        callers=fields.texts("from", _CALLER.fullmatch, "must be a list of numbers", '["+4930123456"]'),
        prefix=fields.text("prefix", re.compile(r"\+|0{2}|"), 'must be "+", "00" or ""', "+", "+"),
        allow=fields.texts("allow", _PREFIX.fullmatch, "must be a list of prefixes", '["+49"]'),
        hosts=fields.texts("hosts", re.compile(_HOST).fullmatch, "must be a list of hosts", '["pbx.local"]'),
        users=fields.texts(
            "users",
            _USER.fullmatch,
            "must be a list of users: names, or 2 to 6 digits with X for any but the first",
            '["2XX", "front-desk"]',
        ),
        limits=DialLimits(
            fields.integer("concurrent", 0, MAX_CONCURRENT, _LIMITS.concurrent),
            fields.integer("per_second", 0, MAX_PER_SECOND, _LIMITS.per_second),
            fields.integer("per_day", 0, MAX_PER_DAY, _LIMITS.per_day),
            fields.integer("minutes_per_day", 0, MAX_MINUTES, _LIMITS.minutes_per_day),
        ),
    )
    fields.end()
    return dialling


def read_dial(env: EnvironmentReader) -> DialSettings:
    """What holds for all trunks."""
    prefixes = "must be a comma-separated list of prefixes, each with its plus and at least one digit"
    return DialSettings(
        home=env.read("RUNTIME_DIAL_HOME", _home, "", "must be a country code", "49"),
        allow=env.read("RUNTIME_DIAL_ALLOW", lambda text: _all(text, _PREFIX), (), prefixes, "+49,+43"),
        deny=env.read("RUNTIME_DIAL_DENY", lambda text: _all(text, _PREFIX), (), prefixes, "+49180"),
        emergency=env.read(
            "RUNTIME_DIAL_EMERGENCY",
            lambda text: _all(text, _SHORT),
            (),
            "must be a comma-separated list of short numbers",
            "112,110",
        ),
        per_key=DialLimits(
            env.integer("RUNTIME_DIAL_KEY_CONCURRENT", _LIMITS.concurrent, 0, MAX_CONCURRENT),
            env.integer("RUNTIME_DIAL_KEY_PER_SECOND", _LIMITS.per_second, 0, MAX_PER_SECOND),
            env.integer("RUNTIME_DIAL_KEY_PER_DAY", _LIMITS.per_day, 0, MAX_PER_DAY),
            env.integer("RUNTIME_DIAL_KEY_MINUTES_PER_DAY", _LIMITS.minutes_per_day, 0, MAX_MINUTES),
        ),
        ring_timeout_s=env.number("RUNTIME_DIAL_RING_TIMEOUT_S", _DIAL.ring_timeout_s, 5, 300),
        early_media=env.flag("RUNTIME_DIAL_EARLY_MEDIA", _DIAL.early_media),
    )


def _home(text: str) -> str:
    match = _HOME.fullmatch(text)
    if match is None:
        raise ValueError
    return match[1]


def _all(text: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    found = tuple(parts(text))
    if not all(pattern.fullmatch(each) for each in found):
        raise ValueError
    return found
