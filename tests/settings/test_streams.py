"""Settings of SIP over TCP, TLS and IPv6."""

from __future__ import annotations

import pytest

from aywa.errors import ConfigError
from aywa.settings import Settings, TlsClientAuth


def test_streams_are_off_unless_named() -> None:
    sip = Settings.from_env({}).sip
    assert (sip.tcp_port, sip.tls_port, sip.tls_verify) == (None, None, True)


def test_everything_named() -> None:
    sip = Settings.from_env(
        {
            "RUNTIME_SIP_HOST": "2001:db8::1",
            "RUNTIME_SIP_TCP_PORT": "5080",
            "RUNTIME_SIP_TLS_PORT": "5061",
            "RUNTIME_SIP_TLS_CERT": "/c",
            "RUNTIME_SIP_TLS_KEY": "/k",
            "RUNTIME_SIP_TLS_CA": "/a",
            "RUNTIME_SIP_TLS_CLIENT_AUTH": "required",
            "RUNTIME_SIP_TLS_VERIFY": "no",
        }
    ).sip
    assert (sip.host, sip.tcp_port, sip.tls_port) == ("2001:db8::1", 5080, 5061)
    assert (sip.tls_cert, sip.tls_key, sip.tls_ca) == ("/c", "/k", "/a")
    assert (sip.tls_client_auth, sip.tls_verify) == (TlsClientAuth.REQUIRED, False)


def test_faults_are_reported_together() -> None:
    with pytest.raises(ConfigError) as error:
        Settings.from_env(
            {
                "RUNTIME_SIP_HOST": "fe80::1%eth0",
                "RUNTIME_SIP_TCP_PORT": "5061",
                "RUNTIME_SIP_TLS_PORT": "5061",
                "RUNTIME_SIP_TLS_CLIENT_AUTH": "optional",
            }
        )
    assert sorted(gap.name for gap in error.value.gaps) == [
        "RUNTIME_SIP_HOST",
        "RUNTIME_SIP_TLS_CA",
        "RUNTIME_SIP_TLS_CERT",
        "RUNTIME_SIP_TLS_PORT",
    ]
