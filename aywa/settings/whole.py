"""`Settings`, what may not stay open in production, and how both come out of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aywa.errors import ConfigError, Gap
from aywa.settings.artifacts import ArtifactSettings, artifact_conflicts, read_artifacts
from aywa.settings.dial_reader import read_dial
from aywa.settings.dialling import DialSettings
from aywa.settings.gate import production_gaps
from aywa.settings.knowledge import KnowledgeSettings, read_knowledge
from aywa.settings.outbound import OutboundSettings, read_outbound
from aywa.settings.reader import (
    EnvironmentReader,
    between,
    parse_flag,
    parse_keys,
    parse_networks,
    parse_origin,
    parse_phrase,
    parse_postgres_url,
    parse_realm,
    parts,
    transfer_target,
)
from aywa.settings.retention import RetentionSettings, read_retention
from aywa.settings.sharing import SharingSettings, read_sharing
from aywa.settings.slices import (
    ENDPOINTING_MODES,
    SRTP_SUITES,
    TRANSFER_MODES,
    CallSettings,
    HttpSettings,
    LogSettings,
    MediaSettings,
    Mode,
    ProviderSettings,
    RecordCalls,
    SipSettings,
    StoreSettings,
    TlsClientAuth,
)
from aywa.settings.transports import TransportSettings, read_transports, transport_conflicts
from aywa.settings.trunk_reader import VARIABLE, read_trunks
from aywa.settings.trunks import StrangerPolicy
from aywa.settings.vendors import RouteName, parse_routes, read_vendors
from aywa.settings.webhooks import WebhookSettings, read_webhooks

# the defaults, as values: a slotted class has no class attributes to read them from
_HTTP = HttpSettings()
_SIP = SipSettings()
_MEDIA = MediaSettings()
_CALL = CallSettings()
_PROVIDERS = ProviderSettings()
_LOG = LogSettings()
_MODES = ("development", "production", "test")
_RING_SIZES = tuple(str(1 << power) for power in range(8, 17))


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything, for the composition root only."""

    mode: Mode = Mode.DEVELOPMENT
    http: HttpSettings = field(default_factory=HttpSettings)
    sip: SipSettings = field(default_factory=SipSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    call: CallSettings = field(default_factory=CallSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    artifacts: ArtifactSettings = field(default_factory=ArtifactSettings)
    providers: ProviderSettings = field(default_factory=ProviderSettings)
    log: LogSettings = field(default_factory=LogSettings)
    dial: DialSettings = field(default_factory=DialSettings)
    transports: TransportSettings = field(default_factory=TransportSettings)
    outbound: OutboundSettings = field(default_factory=OutboundSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    sharing: SharingSettings = field(default_factory=SharingSettings)
    knowledge: KnowledgeSettings = field(default_factory=KnowledgeSettings)

    @property
    def production(self) -> bool:
        """Whether gaps are refused."""
        return self.mode is Mode.PRODUCTION

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """The settings that these environment variables describe; unset and empty mean the default.

        Raises `ConfigError` with one `Gap` for every variable that cannot work.
        """
        reader = EnvironmentReader(environ)
        settings = _read_settings(reader)
        gaps = reader.gaps + _conflicts(settings, reader.failed) + production_gaps(settings, reader.failed)
        if gaps:
            raise ConfigError(gaps)
        return settings


def tombstone_file(settings: Settings) -> str:
    """Where it is written what was erased."""
    named = settings.retention.tombstone_file
    return named or settings.store.data_dir.rstrip("/") + "/tombstones.jsonl"


def _read_settings(env: EnvironmentReader) -> Settings:
    data_dir = env.text("RUNTIME_DATA_DIR", "var")
    sip_host = env.address("RUNTIME_SIP_HOST", _SIP.host)
    modes = [env.choice(name, "development", _MODES) for name in ("NODE_ENV", "RUNTIME_MODE")]
    return Settings(
        mode=Mode.PRODUCTION if "production" in modes else Mode.DEVELOPMENT,
        http=_read_http(env),
        sip=_read_sip(env, sip_host),
        media=_read_media(env, sip_host if ":" not in sip_host else MediaSettings().host),
        call=_read_call(env),
        store=StoreSettings(
            postgres_url=env.read(
                "RUNTIME_STORE_POSTGRES_URL",
                parse_postgres_url,
                "",
                "must be a postgresql:// URL",
                "postgresql://aywa:secret@127.0.0.1/aywa_voice_runtime",
            ),
            data_dir=data_dir,
            encryption_keys=_read_encryption_keys(env),
            journal_bytes=env.integer(
                "RUNTIME_JOURNAL_MAX_BYTES", StoreSettings().journal_bytes, 1 << 20, 1 << 40
            ),
        ),
        artifacts=read_artifacts(env, data_dir),
        providers=ProviderSettings(
            stt=_routes(env, "RUNTIME_STT", _PROVIDERS.stt, "deepgram/nova-3,embedded"),
            llm=_routes(env, "RUNTIME_LLM", _PROVIDERS.llm, "openai/gpt-4o-mini,scripted"),
            tts=_routes(env, "RUNTIME_TTS", _PROVIDERS.tts, "cartesia/sonic-2@VOICE,embedded"),
            vendors=read_vendors(env),
            prices=env.text("RUNTIME_PRICES", _PROVIDERS.prices),
            stt_workers=env.integer("RUNTIME_STT_WORKERS", _PROVIDERS.stt_workers, 1, 64),
        ),
        log=LogSettings(
            level=env.choice("RUNTIME_LOG_LEVEL", _LOG.level, ("DEBUG", "INFO", "WARNING", "ERROR")),
            human=env.choice("RUNTIME_LOG_FORMAT", "json", ("json", "text")) == "text",
        ),
        dial=read_dial(env),
        transports=read_transports(env, sip_host),
        outbound=read_outbound(env),
        webhooks=read_webhooks(env),
        retention=read_retention(env),
        sharing=read_sharing(env),
        knowledge=read_knowledge(env),
    )


def _routes(
    env: EnvironmentReader, name: str, usual: tuple[RouteName, ...], example: str
) -> tuple[RouteName, ...]:
    rule = "must be a comma-separated list of provider, provider/model or provider/model@voice"
    return env.read(name, parse_routes, usual, rule, example)


def _read_sip(env: EnvironmentReader, host: str) -> SipSettings:
    trunks, faults = read_trunks(env.text(VARIABLE))
    env.gaps += faults
    return SipSettings(
        host=host,
        port=env.integer("RUNTIME_SIP_PORT", _SIP.port, 0, 65535),
        advertised_host=env.address("RUNTIME_SIP_ADVERTISED_HOST", ""),
        trunks=env.read(
            "RUNTIME_SIP_TRUNKS",
            parse_networks,
            _SIP.trunks,
            "must be a comma-separated list of IP addresses or CIDR blocks",
            "192.0.2.10,198.51.100.0/24",
        ),
        session_interval_s=env.integer("RUNTIME_SIP_SESSION_INTERVAL_S", _SIP.session_interval_s, 0, 86_400),
        min_session_interval_s=env.integer(
            "RUNTIME_SIP_MIN_SESSION_INTERVAL_S", _SIP.min_session_interval_s, 90, 86_400
        ),
        named_trunks=trunks,
        strangers=StrangerPolicy(
            env.choice("RUNTIME_SIP_STRANGERS", _SIP.strangers.value, ("silent", "403"))
        ),
        stranger_rate=env.integer("RUNTIME_SIP_STRANGER_RATE", _SIP.stranger_rate, 1, 100_000),
        trunk_rate=env.integer("RUNTIME_SIP_TRUNK_RATE", _SIP.trunk_rate, 1, 1_000_000),
        ban_s=env.integer("RUNTIME_SIP_BAN_S", _SIP.ban_s, 0, 86_400),
        realm=env.read(
            "RUNTIME_SIP_REALM",
            parse_realm,
            _SIP.realm,
            "must be 1 to 128 characters without quotes and \\",
            "voice.example.com",
        ),
        tcp_port=_stream_port(env, "RUNTIME_SIP_TCP_PORT", "5080"),
        tls_port=_stream_port(env, "RUNTIME_SIP_TLS_PORT", "5061"),
        tls_cert=env.text("RUNTIME_SIP_TLS_CERT"),
        tls_key=env.text("RUNTIME_SIP_TLS_KEY"),
        tls_ca=env.text("RUNTIME_SIP_TLS_CA"),
        tls_client_auth=TlsClientAuth(
            env.choice(
                "RUNTIME_SIP_TLS_CLIENT_AUTH", _SIP.tls_client_auth.value, ("off", "optional", "required")
            )
        ),
        tls_verify=env.flag("RUNTIME_SIP_TLS_VERIFY", _SIP.tls_verify),
    )


def _read_http(env: EnvironmentReader) -> HttpSettings:
    return HttpSettings(
        host=env.text("RUNTIME_HTTP_HOST", _HTTP.host),
        port=env.integer("RUNTIME_HTTP_PORT", _HTTP.port, 0, 65535),
        public_url=env.read(
            "RUNTIME_PUBLIC_URL",
            parse_origin,
            "",
            "must be an http or https origin without a path",
            "https://voice.example.com",
        ),
        api_keys=env.read(
            "RUNTIME_API_KEY",
            parse_keys,
            (),
            "must be printable keys of at least 16 characters, separated by commas",
            "the output of `openssl rand -hex 32`",
        ),
        cors_origins=env.read(
            "CORS_ORIGINS",
            lambda text: tuple(parse_origin(part) for part in parts(text)),
            (),
            "must be a comma-separated list of origins",
            "https://console.example.com",
        ),
        max_file_bytes=env.integer("RUNTIME_MAX_FILE_BYTES", _HTTP.max_file_bytes, 1024, 1 << 30),
        streams_per_key=env.integer("RUNTIME_EVENTS_PER_KEY", _HTTP.streams_per_key, 1, 10_000),
        streams=env.integer("RUNTIME_EVENTS_STREAMS", _HTTP.streams, 1, 100_000),
        rate_per_key=env.integer("RUNTIME_API_RATE_PER_KEY", _HTTP.rate_per_key, 0, 1_000_000),
        wrong_keys_per_minute=env.integer(
            "RUNTIME_API_WRONG_KEYS_PER_MINUTE", _HTTP.wrong_keys_per_minute, 0, 100_000
        ),
    )


def _read_encryption_keys(env: EnvironmentReader) -> tuple[str, ...]:
    """The key that seals, and those of before, which still open."""
    rule = "must be 32 bytes in base64, or a phrase of at least 32 characters"
    example = "the output of `openssl rand -base64 32`"
    first = env.read("RUNTIME_STORE_ENCRYPTION_KEY", parse_phrase, "", rule, example)
    none: tuple[str, ...] = ()
    before = env.read(
        "RUNTIME_STORE_ENCRYPTION_KEY_PREVIOUS",
        lambda text: tuple(parse_phrase(part) for part in parts(text)),
        none,
        f"each of the list, separated by commas, {rule}",
        example,
    )
    return tuple(key for key in (first, *before) if key)


def _stream_port(env: EnvironmentReader, name: str, example: str) -> int | None:
    """The port of a transport that is off unless it is named."""
    rule = "must be a whole number from 0 to 65535"
    return env.read(name, lambda text: between(int(text), 0, 65535), None, rule, example)


def _read_media(env: EnvironmentReader, sip_host: str) -> MediaSettings:
    return MediaSettings(
        host=env.ipv4("RUNTIME_MEDIA_HOST", sip_host),
        advertised_host=env.ipv4("RUNTIME_MEDIA_ADVERTISED_HOST", ""),
        rtp_port_min=env.integer("RUNTIME_RTP_PORT_MIN", _MEDIA.rtp_port_min, 1024, 65534),
        rtp_port_max=env.integer("RUNTIME_RTP_PORT_MAX", _MEDIA.rtp_port_max, 1025, 65535),
        max_legs=env.integer("RUNTIME_MAX_LEGS", _MEDIA.max_legs, 1, 20_000),
        nat=env.choice("RUNTIME_MEDIA_NAT", _MEDIA.nat, ("off", "signalling", "any")),
        media_timeout_s=env.number("RUNTIME_MEDIA_TIMEOUT_S", _MEDIA.media_timeout_s, 1, 3600),
        hold_music=env.text("RUNTIME_HOLD_MUSIC", _MEDIA.hold_music),
        hold_audio=env.choice("RUNTIME_HOLD_AUDIO", _MEDIA.hold_audio, ("off", "https", "http")),
        hold_audio_dir=env.text("RUNTIME_HOLD_AUDIO_DIR", _MEDIA.hold_audio_dir),
        voice_model=env.text("RUNTIME_MEDIA_VOICE_MODEL", _MEDIA.voice_model),
        realtime=env.flag("RUNTIME_MEDIA_REALTIME", _MEDIA.realtime),
        codecs=env.choices("RUNTIME_MEDIA_CODECS", _MEDIA.codecs, _MEDIA.codecs),
        codec_order=env.choice("RUNTIME_MEDIA_CODEC_ORDER", _MEDIA.codec_order, ("local", "offer")),
        srtp=env.choice("RUNTIME_MEDIA_SRTP", _MEDIA.srtp, ("off", "optional", "required")),
        srtp_suites=env.choices("RUNTIME_MEDIA_SRTP_SUITES", _MEDIA.srtp_suites, SRTP_SUITES),
        pcap=env.choice("RUNTIME_MEDIA_PCAP", _MEDIA.pcap, ("off", "headers", "audio", "full")),
        pcap_packets=int(env.choice("RUNTIME_MEDIA_PCAP_PACKETS", str(_MEDIA.pcap_packets), _RING_SIZES)),
    )


def _record(text: str) -> RecordCalls:
    """`asked`, or a switch. Raises ValueError."""
    if text.strip().lower() == RecordCalls.ASKED.value:
        return RecordCalls.ASKED
    return RecordCalls.EACH if parse_flag(text) else RecordCalls.NONE


def _read_call(env: EnvironmentReader) -> CallSettings:
    # At least 200 ms: the silence inside a word, before a p, t or k, lasts up to about 150.
    # A wait alone says that it is the wait.
    mode = "fixed" if env.text("RUNTIME_ENDPOINTING_WAIT_MS") else _CALL.endpointing_mode
    wait_ms = env.number("RUNTIME_ENDPOINTING_WAIT_MS", _CALL.endpointing_wait_s * 1000, 200, 5000)
    return CallSettings(
        scenario=env.text("RUNTIME_SCENARIO", _CALL.scenario),
        assistant=env.text("RUNTIME_ASSISTANT", _CALL.assistant),
        max_duration_s=env.number("RUNTIME_MAX_DURATION_S", _CALL.max_duration_s, 10, 43_200),
        silence_timeout_s=env.number("RUNTIME_SILENCE_TIMEOUT_S", _CALL.silence_timeout_s, 5, 3600),
        endpointing_mode=env.choice("RUNTIME_ENDPOINTING", mode, ENDPOINTING_MODES),
        endpointing_wait_s=wait_ms / 1000,
        endpointing_language=env.text("RUNTIME_ENDPOINTING_LANGUAGE", _CALL.endpointing_language),
        endpointing_sound_model=env.text("RUNTIME_ENDPOINTING_SOUND_MODEL", _CALL.endpointing_sound_model),
        max_calls=env.integer("RUNTIME_MAX_CALLS", _CALL.max_calls, 1, 20_000),
        record=env.read(
            "RUNTIME_RECORD", _record, _CALL.record, "must be true, asked or false", RecordCalls.ASKED.value
        ),
        ai_disclosure=env.flag("RUNTIME_AI_DISCLOSURE", _CALL.ai_disclosure),
        barge_in=env.flag("RUNTIME_BARGE_IN", _CALL.barge_in),
        speculation=env.flag("RUNTIME_SPECULATION", _CALL.speculation),
        speculation_tokens=env.integer("RUNTIME_SPECULATION_TOKENS", _CALL.speculation_tokens, 0, 10_000_000),
        speculation_characters=env.integer(
            "RUNTIME_SPECULATION_CHARACTERS", _CALL.speculation_characters, 0, 1_000_000
        ),
        speculation_min_words=env.integer(
            "RUNTIME_SPECULATION_MIN_WORDS", _CALL.speculation_min_words, 1, 50
        ),
        echo_guard=env.flag("RUNTIME_ECHO_GUARD", _CALL.echo_guard),
        transfer_to=env.read(
            "RUNTIME_TRANSFER_TO",
            transfer_target,
            "",
            "must be +49… or a sip: URI",
            "+4930123456",
        ),
        transfer_mode=env.choice("RUNTIME_TRANSFER_MODE", _CALL.transfer_mode, TRANSFER_MODES),
        accept_refer=env.flag("RUNTIME_ACCEPT_REFER", _CALL.accept_refer),
        inband_digits=env.choice("RUNTIME_INBAND_DIGITS", _CALL.inband_digits, ("auto", "off", "on")),
        drain_s=env.number("RUNTIME_DRAIN_S", _CALL.drain_s, 0, 3600),
    )


def _conflicts(settings: Settings, known: frozenset[str]) -> list[Gap]:
    """Values that are each fine and cannot work together. `known`: already reported."""
    media, sip = settings.media, settings.sip
    gaps = []
    if media.rtp_port_max <= media.rtp_port_min:
        gaps.append(Gap("RUNTIME_RTP_PORT_MAX", "must be above RUNTIME_RTP_PORT_MIN", "24575"))
    elif media.rtp_port_min <= sip.port <= media.rtp_port_max:
        gaps.append(Gap("RUNTIME_SIP_PORT", "must lie outside the RTP port range", "5080"))
    gaps += _stream_conflicts(sip)
    if sip.host in ("0.0.0.0", "::") and not sip.advertised_host:
        gaps.append(
            Gap("RUNTIME_SIP_ADVERTISED_HOST", "must be set when SIP listens on every address", "192.0.2.10")
        )
    if 0 < sip.session_interval_s < sip.min_session_interval_s:
        rule = "must be 0 or at least RUNTIME_SIP_MIN_SESSION_INTERVAL_S"
        gaps.append(Gap("RUNTIME_SIP_SESSION_INTERVAL_S", rule, "1800"))
    if media.host == "0.0.0.0" and not media.advertised_host:
        gaps.append(
            Gap("RUNTIME_MEDIA_ADVERTISED_HOST", "must be set when RTP listens on 0.0.0.0", "192.0.2.10")
        )
    gaps += transport_conflicts(settings.transports) + artifact_conflicts(settings.artifacts)
    return [gap for gap in gaps if gap.name not in known]


def _stream_conflicts(sip: SipSettings) -> list[Gap]:
    gaps = []
    if sip.tls_port is not None and not sip.tls_cert:
        gaps.append(Gap("RUNTIME_SIP_TLS_CERT", "must be set when SIP listens on TLS", "/etc/aywa/sip.pem"))
    if sip.tls_port and sip.tls_port == sip.tcp_port:
        gaps.append(Gap("RUNTIME_SIP_TLS_PORT", "must differ from RUNTIME_SIP_TCP_PORT", "5061"))
    if sip.tls_client_auth is not TlsClientAuth.OFF and not sip.tls_ca:
        gaps.append(
            Gap("RUNTIME_SIP_TLS_CA", "must be set when clients show certificates", "/etc/aywa/clients.pem")
        )
    return gaps
