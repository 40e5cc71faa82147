"""Settings from the environment: defaults, every fault at once, the production gate."""

import pytest

from aywa.errors import ConfigError
from aywa.settings import Mode, RequirementState, Settings, requirements

PRODUCTION = {
    "NODE_ENV": "production",
    "RUNTIME_API_KEY": "9f3c51d07ab24e86b1c4d2e5f60718aa",
    "RUNTIME_PUBLIC_URL": "https://voice.acme-hotels.com",
    "RUNTIME_STORE_POSTGRES_URL": "postgresql://aywa:Zt7w-9qLm4@db.internal/aywa_voice_runtime",
    "RUNTIME_STORE_ENCRYPTION_KEY": "Vt4yq0mT1o9o1b2yZzJ8J4g0m7m1c3wqf2K9n5R8s6A=",
    "REDIS_URL": "rediss://:Kd83-hq2Lw0x@redis.internal:6379/0",
    "RUNTIME_ARTIFACT_S3_BUCKET": "acme-voice",
    "WEBHOOK_SIGNING_SECRET": "0b7e3c5d9a1f42886c3e5d7f9a2b4c6d",
}


def gaps_of(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(environ)
    return {gap.name: str(gap) for gap in caught.value.gaps}


def test_an_empty_environment_is_the_defaults() -> None:
    assert Settings.from_env({}) == Settings()


def test_empty_and_blank_values_count_as_unset() -> None:
    assert Settings.from_env({"RUNTIME_HTTP_PORT": "", "RUNTIME_SCENARIO": "  "}) == Settings()


def test_values_reach_their_slices() -> None:
    settings = Settings.from_env(
        {
            "RUNTIME_HTTP_HOST": "0.0.0.0",
            "RUNTIME_HTTP_PORT": "9000",
            "RUNTIME_API_KEY": "first-key-0123456789, second-key-0123456789",
            "RUNTIME_SIP_HOST": "127.0.0.2",
            "RUNTIME_SIP_TRUNKS": "192.0.2.1, 198.51.100.0/24",
            "RUNTIME_ENDPOINTING_WAIT_MS": "350",
            "RUNTIME_DATA_DIR": "/srv/aywa/",
            "RUNTIME_LOG_LEVEL": "debug",
            "RUNTIME_BARGE_IN": "no",
            "RUNTIME_ECHO_GUARD": "off",
            "RUNTIME_SPECULATION": "no",
            "RUNTIME_SPECULATION_TOKENS": "5000",
            "RUNTIME_SPECULATION_CHARACTERS": "400",
            "RUNTIME_SPECULATION_MIN_WORDS": "4",
            "RUNTIME_ACCEPT_REFER": "on",
            "RUNTIME_TRANSFER_TO": "sip:desk@pbx.example",
            "RUNTIME_TRANSFER_MODE": "attended",
            "RUNTIME_INBAND_DIGITS": "On",
            "RUNTIME_STORE_POSTGRES_URL": "postgres://aywa@/aywa?host=/run/postgresql",
        }
    )
    assert (settings.http.host, settings.http.port) == ("0.0.0.0", 9000)
    assert settings.http.api_keys == ("first-key-0123456789", "second-key-0123456789")
    assert settings.sip.host == settings.media.host == "127.0.0.2"
    assert settings.sip.trunks == ("192.0.2.1", "198.51.100.0/24")
    assert settings.call.endpointing_wait_s == 0.35
    assert settings.call.barge_in is False
    assert (settings.call.echo_guard, settings.call.inband_digits) == (False, "on")
    assert settings.call.accept_refer
    assert settings.call.speculation is False
    assert (settings.call.speculation_tokens, settings.call.speculation_characters) == (5000, 400)
    assert settings.call.speculation_min_words == 4
    assert (settings.call.transfer_to, settings.call.transfer_mode) == ("sip:desk@pbx.example", "attended")
    assert settings.artifacts.directory == "/srv/aywa/recordings"
    assert settings.log.level == "DEBUG"
    assert settings.store.postgres_url.endswith("/run/postgresql")


def test_codecs_and_suites_keep_the_order_they_are_written_in() -> None:
    media = Settings.from_env(
        {
            "RUNTIME_MEDIA_CODECS": "OPUS, pcma",
            "RUNTIME_MEDIA_CODEC_ORDER": "Offer",
            "RUNTIME_MEDIA_SRTP": "required",
            "RUNTIME_MEDIA_SRTP_SUITES": "aes_cm_128_hmac_sha1_32,AEAD_AES_128_GCM",
        }
    ).media
    assert media.codecs == ("opus", "PCMA")
    assert (media.codec_order, media.srtp) == ("offer", "required")
    assert media.srtp_suites == ("AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM")


@pytest.mark.parametrize("codecs", ["G729", "PCMU,G729", "PCMU,pcmu", ","])
def test_codecs_that_are_not_served_or_named_twice(codecs: str) -> None:
    gaps = gaps_of({"RUNTIME_MEDIA_CODECS": codecs, "RUNTIME_MEDIA_SRTP": "maybe"})
    assert gaps["RUNTIME_MEDIA_CODECS"] == (
        "RUNTIME_MEDIA_CODECS: must be a comma-separated list of PCMU, PCMA, G722, opus, L16 "
        "(for example PCMU,PCMA,G722,opus,L16)"
    )
    assert "off, optional, required" in gaps["RUNTIME_MEDIA_SRTP"]


@pytest.mark.parametrize("wait_ms", ["0", "199", "5001"])
def test_a_wait_that_the_engine_cannot_keep_is_refused(wait_ms: str) -> None:
    (gap,) = gaps_of({"RUNTIME_ENDPOINTING_WAIT_MS": wait_ms})
    assert "RUNTIME_ENDPOINTING_WAIT_MS" in str(gap)


def test_all_faults_are_reported_together_with_rule_and_example() -> None:
    gaps = gaps_of(
        {
            "RUNTIME_HTTP_PORT": "http",
            "RUNTIME_SIP_PORT": "70000",
            "RUNTIME_SIP_TRUNKS": "pbx.example.com",
            "RUNTIME_API_KEY": "short",
            "RUNTIME_MAX_DURATION_S": "nan",
            "RUNTIME_LOG_LEVEL": "loud",
            "RUNTIME_PUBLIC_URL": "voice.example.com",
            "RUNTIME_STORE_POSTGRES_URL": "mysql://db/aywa",
        }
    )
    assert len(gaps) == 8
    assert gaps["RUNTIME_HTTP_PORT"] == (
        "RUNTIME_HTTP_PORT: must be a whole number from 0 to 65535 (for example 8080)"
    )
    assert "DEBUG, INFO, WARNING, ERROR" in gaps["RUNTIME_LOG_LEVEL"]


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"RUNTIME_RTP_PORT_MIN": "20000", "RUNTIME_RTP_PORT_MAX": "19000"}, "RUNTIME_RTP_PORT_MAX"),
        ({"RUNTIME_SIP_PORT": "16390"}, "RUNTIME_SIP_PORT"),
        ({"RUNTIME_SIP_HOST": "0.0.0.0", "RUNTIME_MEDIA_HOST": "127.0.0.1"}, "RUNTIME_SIP_ADVERTISED_HOST"),
        ({"RUNTIME_MEDIA_HOST": "0.0.0.0"}, "RUNTIME_MEDIA_ADVERTISED_HOST"),
    ],
)
def test_values_that_cannot_work_together(environ: dict[str, str], name: str) -> None:
    assert list(gaps_of(environ)) == [name]


def test_a_secret_is_never_repeated_in_the_fault() -> None:
    assert "hunter2" not in str(gaps_of({"RUNTIME_API_KEY": "hunter2"}))


def test_production_refuses_what_development_may_leave_open() -> None:
    assert set(gaps_of({"NODE_ENV": "production"})) == {
        "RUNTIME_API_KEY",
        "RUNTIME_PUBLIC_URL",
        "RUNTIME_STORE_POSTGRES_URL",
        "RUNTIME_STORE_ENCRYPTION_KEY",
        "REDIS_URL",
        "RUNTIME_ARTIFACT_S3_BUCKET",
        "WEBHOOK_SIGNING_SECRET",
    }
    assert Settings.from_env(PRODUCTION).mode is Mode.PRODUCTION


def test_production_has_two_names() -> None:
    ours = PRODUCTION | {"NODE_ENV": "", "RUNTIME_MODE": "production"}
    assert Settings.from_env(ours).production
    assert set(gaps_of({"RUNTIME_MODE": "production"})) == set(gaps_of({"NODE_ENV": "production"}))
    both = PRODUCTION | {"RUNTIME_MODE": "development"}
    assert Settings.from_env(both).production, "one that says production is enough"


INSANE = [
    ("RUNTIME_API_KEY", "change-me-change-me-change-me"),
    ("RUNTIME_API_KEY", "9f3c51d07ab24e86"),
    ("RUNTIME_API_KEY", "9f3c51d07ab24e86b1c4d2e5f60718aa,key-key-key-key-key-key-key"),
    ("RUNTIME_PUBLIC_URL", "http://voice.acme-hotels.com"),
    ("RUNTIME_PUBLIC_URL", "https://localhost"),
    ("RUNTIME_PUBLIC_URL", "https://192.168.1.10"),
    ("RUNTIME_PUBLIC_URL", "https://[::1]"),
    ("RUNTIME_PUBLIC_URL", "https://voice.example.com"),
    ("RUNTIME_PUBLIC_URL", "https://runtime"),
    ("RUNTIME_STORE_POSTGRES_URL", "postgresql://aywa:secret@db.internal/aywa"),
    ("RUNTIME_STORE_POSTGRES_URL", "postgresql://postgres:changeme@db/aywa"),
    ("RUNTIME_STORE_ENCRYPTION_KEY", "0123456789abcdef" * 4),
    ("RUNTIME_STORE_ENCRYPTION_KEY", "change this secret key please, your store key phrase"),
    ("REDIS_URL", "redis://:secret@redis.internal"),
    ("WEBHOOK_SIGNING_SECRET", "change-me-change-me-change-me"),
    ("RUNTIME_OUTBOUND_PRIVATE", "10.0.0.0/8"),
]


@pytest.mark.parametrize(("name", "value"), INSANE)
def test_production_refuses_what_cannot_be_meant(name: str, value: str) -> None:
    if name == "WEBHOOK_SIGNING_SECRET":
        value = "secret-secret-secret-secret"
    told = gaps_of(PRODUCTION | {name: value})
    assert list(told) == [name]
    (found,) = [
        requirement
        for requirement in requirements(Settings.from_env(PRODUCTION | {"NODE_ENV": "", name: value}))
        if requirement.state is not RequirementState.OK
    ]
    assert (found.variable, found.state) == (name, RequirementState.INVALID)
    secret = value.partition("://")[2] or value
    if name != "RUNTIME_OUTBOUND_PRIVATE":
        assert secret.split(",")[-1] not in told[name]


def test_the_same_list_is_there_in_development() -> None:
    states = {found.id: found.state for found in requirements(Settings())}
    assert set(states.values()) == {RequirementState.MISSING, RequirementState.OK}
    assert [name for name, state in states.items() if state is RequirementState.OK] == ["private-networks"]
    met = requirements(Settings.from_env(PRODUCTION))
    assert {found.state for found in met} == {RequirementState.OK}
    assert [found.id for found in met] == list(states)


def test_production_wants_https() -> None:
    assert list(gaps_of(PRODUCTION | {"RUNTIME_PUBLIC_URL": "http://voice.acme.com"})) == [
        "RUNTIME_PUBLIC_URL"
    ]


def test_a_variable_at_fault_is_reported_once() -> None:
    gaps = gaps_of(PRODUCTION | {"RUNTIME_API_KEY": "short"})
    assert gaps["RUNTIME_API_KEY"].startswith("RUNTIME_API_KEY: must be printable keys")


def test_packets_are_kept_only_where_that_is_asked_for() -> None:
    assert Settings().media.pcap == "off"
    media = Settings.from_env({"RUNTIME_MEDIA_PCAP": "Audio", "RUNTIME_MEDIA_PCAP_PACKETS": "4096"}).media
    assert (media.pcap, media.pcap_packets) == ("audio", 4096)
    assert gaps_of({"RUNTIME_MEDIA_PCAP": "yes", "RUNTIME_MEDIA_PCAP_PACKETS": "1000"}).keys() == {
        "RUNTIME_MEDIA_PCAP",
        "RUNTIME_MEDIA_PCAP_PACKETS",
    }


def test_a_wait_alone_is_the_wait_and_otherwise_the_words_decide() -> None:
    assert Settings.from_env({}).call.endpointing_mode == "model"
    assert Settings.from_env({"RUNTIME_ENDPOINTING_WAIT_MS": "700"}).call.endpointing_mode == "fixed"
    both = {"RUNTIME_ENDPOINTING_WAIT_MS": "700", "RUNTIME_ENDPOINTING": "adaptive"}
    assert Settings.from_env(both).call.endpointing_mode == "adaptive"
    gaps = gaps_of({"RUNTIME_ENDPOINTING": "guess"})
    assert list(gaps) == ["RUNTIME_ENDPOINTING"]


def test_what_urls_may_lead_to() -> None:
    given = {"RUNTIME_OUTBOUND_PRIVATE": "10.20.0.0/16, fd00::1,N8N, db_1.internal"}
    assert Settings.from_env(given).outbound.private == ("10.20.0.0/16", "fd00::1", "n8n", "db_1.internal")
    for wrong in ("10.0.0.0/33", "1.2.3", "http://n8n", "a b", "2130706433", "n8n:80"):
        assert list(gaps_of({"RUNTIME_OUTBOUND_PRIVATE": wrong})) == ["RUNTIME_OUTBOUND_PRIVATE"]


def test_production_does_not_open_the_inside_as_a_whole() -> None:
    for wide in ("10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8"):
        given = {"RUNTIME_OUTBOUND_PRIVATE": f"n8n,{wide}"}
        assert Settings.from_env(given).outbound.private == ("n8n", wide)
        assert "RUNTIME_OUTBOUND_PRIVATE" in gaps_of({**given, "NODE_ENV": "production"})
    narrow = {"RUNTIME_OUTBOUND_PRIVATE": "10.20.0.0/16,fd00:1:2::/48,n8n", "NODE_ENV": "production"}
    assert "RUNTIME_OUTBOUND_PRIVATE" not in gaps_of(narrow)
