"""Settings of AudioSocket and of Asterisk's websocket channel."""

from __future__ import annotations

import pytest

from aywa.errors import ConfigError
from aywa.settings import Settings, TransportSettings

PASSWORD = "0123456789abcdef"


def test_both_are_off_unless_named() -> None:
    assert Settings.from_env({}).transports == TransportSettings()
    assert TransportSettings().audiosocket_port is None
    assert TransportSettings().ws_port is None


def test_everything_named() -> None:
    found = Settings.from_env(
        {
            "RUNTIME_SIP_HOST": "192.0.2.10",
            "RUNTIME_AUDIOSOCKET_PORT": "9092",
            "RUNTIME_ASTERISK_WS_HOST": "::1",
            "RUNTIME_ASTERISK_WS_PORT": "8787",
            "RUNTIME_ASTERISK_WS_PATH": "/media/in",
            "RUNTIME_ASTERISK_WS_USER": "pbx",
            "RUNTIME_ASTERISK_WS_PASSWORD": PASSWORD,
            "RUNTIME_ASTERISK_WS_TLS_CERT": "/c",
            "RUNTIME_ASTERISK_WS_TLS_KEY": "/k",
            "RUNTIME_STREAM_MAX_CALLS": "7",
        }
    ).transports
    assert found == TransportSettings(
        "192.0.2.10", 9092, "::1", 8787, "/media/in", "pbx", PASSWORD, "/c", "/k", 7
    )
    assert PASSWORD not in repr(found)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("RUNTIME_AUDIOSOCKET_HOST", "pbx.example.com"),
        ("RUNTIME_AUDIOSOCKET_PORT", "65536"),
        ("RUNTIME_ASTERISK_WS_PORT", "ws"),
        ("RUNTIME_ASTERISK_WS_PATH", "asterisk"),
        ("RUNTIME_ASTERISK_WS_PATH", "/a?b"),
        ("RUNTIME_ASTERISK_WS_USER", "a:b"),
        ("RUNTIME_ASTERISK_WS_PASSWORD", "short"),
        ("RUNTIME_STREAM_MAX_CALLS", "0"),
    ],
)
def test_what_cannot_be(variable: str, value: str) -> None:
    with pytest.raises(ConfigError) as error:
        Settings.from_env({variable: value})
    assert [gap.name for gap in error.value.gaps] == [variable]


def test_what_cannot_be_together() -> None:
    with pytest.raises(ConfigError) as error:
        Settings.from_env(
            {
                "RUNTIME_AUDIOSOCKET_PORT": "9092",
                "RUNTIME_ASTERISK_WS_PORT": "9092",
                "RUNTIME_ASTERISK_WS_TLS_KEY": "/k",
            }
        )
    assert {gap.name for gap in error.value.gaps} == {
        "RUNTIME_ASTERISK_WS_PASSWORD",
        "RUNTIME_ASTERISK_WS_PORT",
        "RUNTIME_ASTERISK_WS_TLS_CERT",
    }
