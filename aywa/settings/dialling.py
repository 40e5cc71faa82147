"""Who may be called, through what, and how much of it: nothing, unless it is said here."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DialLimits:
    """How much may be dialled by one API key, or through one trunk. All finite: a stolen key costs that."""

    concurrent: int = 10  # calls that ring or talk at a time
    per_second: int = 5  # calls begun, in any second
    per_day: int = 500  # calls begun, by UTC day
    minutes_per_day: int = 1000  # of answered calls, by UTC day


@dataclass(frozen=True, slots=True)
class TrunkDialling:
    """How a trunk is called through.

    `server`: the SIP URI of where INVITEs go. `callers`: the numbers that may be shown, the first is shown
    unless a call says otherwise; empty: the user of the credentials, and no call may say otherwise.
    `prefix`: what stands before the country code on this trunk. `allow`: prefixes in E.164, in
    addition to the general list, empty for whatever that allows. `hosts`: of sip: URIs that may be called
    through it, `users` which parts before the @ there: names, or patterns of digits where X is any.
    """

    server: str
    callers: tuple[str, ...] = ()
    prefix: str = "+"
    allow: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    limits: DialLimits = field(default_factory=DialLimits)


@dataclass(frozen=True, slots=True)
class DialSettings:
    """What holds for all trunks.

    `home`: the country code that national numbers belong to, "" for none. `allow`: prefixes in E.164 that may
    be dialled; empty: none, so that nobody dials out who did not say where to. `deny`: prefixes that may not.
    `emergency`: emergency numbers that may be dialled all the same. `per_key`: limits of one API key.
    `ring_timeout_s`, `early_media`: of a call that does not say; early media is heard and recorded.
    """

    home: str = ""
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    emergency: tuple[str, ...] = ()
    per_key: DialLimits = field(default_factory=DialLimits)
    ring_timeout_s: float = 45.0
    early_media: bool = True
