"""The slices: one frozen dataclass a floor, each default with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from aywa.settings.trunks import NatMode, StrangerPolicy, TrunkSettings
from aywa.settings.vendors import EMBEDDED, SCRIPTED, RouteName, VendorSettings

# RFC 7714 and RFC 4568, the strongest first.
SRTP_SUITES = (
    "AEAD_AES_256_GCM",
    "AEAD_AES_128_GCM",
    "AES_CM_128_HMAC_SHA1_80",
    "AES_CM_128_HMAC_SHA1_32",
)
# What a trunk calls it, as the media settings call it.
_NAT = {NatMode.STRICT: "off", NatMode.SIGNALLING: "signalling", NatMode.ANY: "any"}


class Mode(Enum):
    """How strict the start-up is: development runs on embedded defaults, production refuses gaps."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """The control API."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    api_keys: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    max_file_bytes: int = 26_214_400  # of an upload: 25 MiB hold a scanned manual
    rate_per_key: int = 500  # requests a second: a dashboard makes a few, a loop gone wild thousands
    wrong_keys_per_minute: int = 20  # of one source address, and so many at once
    streams_per_key: int = 20  # of events; a dashboard has one for each tab
    streams: int = 1_000
    max_body_bytes: int = 1_048_576  # a control command is a sentence; 1 MiB leaves room for tool definitions
    read_timeout_s: int = 30  # without a byte of a body that was announced
    keep_alive_s: int = 30  # idle, or dripping a request: also the bound on half a request's headers
    graceful_timeout_s: float = 5.0  # for requests in flight at shutdown


class TlsClientAuth(Enum):
    """What callers over TLS must show."""

    OFF = "off"
    OPTIONAL = "optional"  # a certificate that is shown must be good
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class SipSettings:
    """The SIP user agent."""

    host: str = "127.0.0.1"
    port: int = 5080  # beside a PBX that already holds 5060
    advertised_host: str = ""  # what Via and Contact say; empty: `host`
    trunks: tuple[str, ...] = ("127.0.0.0/8",)  # IP addresses or CIDR blocks whose requests are answered
    named_trunks: tuple[TrunkSettings, ...] = ()
    strangers: StrangerPolicy = StrangerPolicy.SILENT
    stranger_rate: int = 10  # messages a second from one address of no trunk that are looked at
    trunk_rate: int = 500  # the same of one address of a trunk: more than 100 calls set up and ended a second
    ban_s: int = 300  # for strangers who go on above their rate; 0: nobody is banned
    realm: str = "aywa"  # what callers are asked for credentials for
    user_agent: str = "Aywa"
    tcp_port: int | None = None  # None: TCP is not listened on; calls out may still take it
    tls_port: int | None = None
    tls_cert: str = ""  # file of the certificate chain, also shown as a client
    tls_key: str = ""  # file of its key; empty: in the file of the certificate
    tls_ca: str = ""  # file of the authorities believed; empty: the system's
    tls_client_auth: TlsClientAuth = TlsClientAuth.OFF
    tls_verify: bool = True  # of the servers called
    nameservers: tuple[str, ...] = ()  # host or host:port; empty: the system's
    session_interval_s: int = 1800  # RFC 4028: a session is refreshed within this; 0 leaves it to the peer
    min_session_interval_s: int = 90  # shorter intervals are refused with 422


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """The media engine."""

    host: str = "127.0.0.1"  # RTP sockets bind here
    advertised_host: str = ""  # what the SDP says; empty: `host`
    rtp_port_min: int = 16384  # below Linux's ephemeral range, which starts at 32768
    rtp_port_max: int = 24575
    max_legs: int = 2000
    max_busy_ratio: float = 0.75  # a tick loop busier than this starves Python before it starves audio
    max_event_lag_s: float = 0.5
    port_quarantine_s: float = 30.0  # a stray packet of the last call must not reach the next
    media_timeout_s: float = 30.0
    hold_music: str = ""  # a sound file; empty: comfort noise
    hold_audio: str = "https"  # what a transfer may have fetched for its caller: off, https, or http too
    hold_audio_dir: str = ""  # where `file:` URLs may lead; empty: nowhere
    voice_model: str = ""  # second tier of voice detection: empty for none, "silero" or an ONNX file
    realtime: bool = True  # SCHED_FIFO where the process may have it
    # The cheapest first: a G.711 call costs least, and the PBX has it from the trunk anyway.
    codecs: tuple[str, ...] = ("PCMU", "PCMA", "G722", "opus", "L16")
    codec_order: str = "local"
    ptime_ms: int = 20  # what nearly everybody sends
    srtp: str = "optional"
    nat: str = "off"  # whose packets may replace the SDP's address
    srtp_suites: tuple[str, ...] = SRTP_SUITES
    pcap: str = "off"  # what callers said and pressed is kept by nobody who did not ask for it
    pcap_packets: int = 2048  # 512 KiB a call: the last 20 s of both directions

    def for_trunk(self, trunk: TrunkSettings | None) -> MediaSettings:
        """The same with what a call's trunk says otherwise."""
        if trunk is None:
            return self
        srtp = self.srtp if trunk.srtp is None else trunk.srtp.value
        nat = self.nat if trunk.nat is None else _NAT[trunk.nat]
        return replace(self, codecs=trunk.codecs or self.codecs, srtp=srtp, nat=nat)


ENDPOINTING_MODES = ("model", "adaptive", "transcript", "fixed")
TRANSFER_MODES = ("warm", "attended", "dial", "refer")


class RecordCalls(Enum):
    """Which calls are recorded."""

    EACH = "true"  # but those whose assistant, or who placed them, says no
    ASKED = "asked"  # whose assistant, or who placed them, says yes
    NONE = "false"  # whatever they say


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Limits and turn taking of a call."""

    scenario: str = "hotel_booking"
    assistant: str = ""  # a JSON file, read by whoever opens the runtime; empty: none
    max_duration_s: float = 600.0
    silence_timeout_s: float = 30.0
    endpointing_mode: str = "model"
    endpointing_wait_s: float = 0.45  # in the mode "fixed": silence since the caller's last voiced sample
    endpointing_language: str = ""  # a tag such as "pt-BR"; empty: guessed from what callers say
    endpointing_sound_model: str = ""  # an ONNX file such as Smart Turn's; empty: none listens
    max_calls: int = 2000
    record: RecordCalls = RecordCalls.ASKED  # nobody's voice is kept unasked
    ai_disclosure: bool = True  # callers hear that it is no human who speaks
    barge_in: bool = True
    speculation: bool = True  # answers are made ahead, at the caller's pauses
    speculation_tokens: int = 20_000  # that those may cost which come to nothing, a call
    speculation_characters: int = 2_000
    speculation_min_words: int = 2
    echo_guard: bool = True  # the assistant's speech that a phone leg returns is taken for nobody's
    accept_refer: bool = False  # a REFER makes us call: nobody's phone bill is open to everybody who calls
    transfer_to: str = ""  # a number in E.164 or a sip: URI; empty: a conversation cannot hand its call over
    transfer_mode: str = "warm"
    inband_digits: str = "auto"  # key presses heard in the audio: where no telephone-event was agreed on
    drain_s: float = 10.0  # how long live calls may go on at shutdown


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """PostgreSQL; an empty URL means the embedded server under `data_dir`."""

    postgres_url: str = ""
    data_dir: str = "var"
    encryption_keys: tuple[str, ...] = ()  # of secrets; the first seals, all open; none: one is made and kept
    journal_bytes: int = 512 << 20  # on the disk, while the database is away


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Which providers a call uses whose assistant names none, the first choice first; and accounts there."""

    stt: tuple[RouteName, ...] = (RouteName(EMBEDDED),)
    llm: tuple[RouteName, ...] = (RouteName(SCRIPTED),)
    tts: tuple[RouteName, ...] = (RouteName(EMBEDDED),)
    vendors: VendorSettings = field(default_factory=VendorSettings)
    prices: str = ""  # file of the price table; "": what is built in
    stt_workers: int = 2  # recogniser processes; a grammar-driven utterance costs about 3 % of its length


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Logging."""

    level: str = "INFO"
    human: bool = False
