"""Named trunks: the PBXs and carriers that calls come from and go to, one frozen dataclass each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from aywa.settings.dialling import TrunkDialling


class SrtpPolicy(Enum):
    """What a trunk's media may be. `required`: a plain offer gets 488, and no plaintext packet leaves."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class NatMode(Enum):
    """Where the first packet of a call's media may come from, when it is not the address in the SDP."""

    STRICT = "strict"  # nowhere else
    SIGNALLING = "signalling"  # the address that the SIP comes from
    ANY = "any"  # anywhere: for peers whose media is behind another NAT than their SIP


class StrangerPolicy(Enum):
    """What a request from an address of no trunk gets."""

    SILENT = "silent"  # nothing: a scanner does not learn that someone is here
    FORBIDDEN = "403"  # an answer, for networks where silence makes faults hard to find


ALGORITHMS = ("MD5", "SHA-256")
CODECS = ("PCMU", "PCMA", "G722", "opus", "L16")


@dataclass(frozen=True, slots=True)
class TrunkCredentials:
    """A user with a password, or with H(user:realm:password) in its place: 32 or 64 hexadecimal digits."""

    user: str
    password: str = field(default="", repr=False)
    ha1: tuple[str, ...] = field(default=(), repr=False)
    realm: str = ""  # only for this one; empty: whatever realm the peer names


@dataclass(frozen=True, slots=True)
class TrunkRegistration:
    """Where a trunk is registered, and as whom. Both are SIP URIs."""

    registrar: str
    aor: str
    expires_s: int = 3600


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """One trunk.

    `addresses`: IP addresses and CIDR blocks its requests come from. `inbound`: users of whom one must be
    known to call; none: the address is enough. `outbound`: who we are when the trunk asks. `max_calls`: calls
    of it at a time, `calls_per_second`: calls it may begin; None: a share of what the process takes.
    """

    name: str
    addresses: tuple[str, ...] = ()
    inbound: tuple[TrunkCredentials, ...] = ()
    algorithms: tuple[str, ...] = ()  # what callers are asked for; empty: MD5, or SHA-256 where sums say so
    outbound: TrunkCredentials | None = None
    register: TrunkRegistration | None = None
    srtp: SrtpPolicy | None = None  # None: what the media settings say
    nat: NatMode | None = None  # None: what the media settings say
    codecs: tuple[str, ...] = ()  # in the order of preference; empty: those of the media settings
    dial: TrunkDialling | None = None  # None: nobody is called through it
    max_calls: int | None = None
    calls_per_second: int | None = None
