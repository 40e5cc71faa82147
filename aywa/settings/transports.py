"""Settings of the streams that calls come over beside SIP; all off unless a port is named."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from aywa.errors import Gap
from aywa.settings.reader import EnvironmentReader, between

_PATH = re.compile(r"/[A-Za-z0-9/_.~-]{0,127}")
_USER = re.compile(r'[^\x00-\x1f\x7f:"\\]{1,128}')
_SECRET = re.compile(r"[\x21-\x7e]{16,256}")


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """AudioSocket, and the websocket channel of Asterisk. Callers come from the addresses of the trunks."""

    audiosocket_host: str = "127.0.0.1"
    audiosocket_port: int | None = None
    ws_host: str = "127.0.0.1"
    ws_port: int | None = None
    ws_path: str = "/asterisk"
    ws_user: str = "asterisk"
    ws_password: str = field(default="", repr=False)
    ws_tls_cert: str = ""  # file of the certificate chain; empty: no TLS
    ws_tls_key: str = ""  # file of its key; empty: in the file of the certificate
    max_connections: int = 50  # half of the one thread that all calls share: 0.8 to 0.9 % of a core each


_DEFAULTS = TransportSettings()


def read_transports(env: EnvironmentReader, sip_host: str) -> TransportSettings:
    """The settings of this slice; faults go to the reader."""
    port_rule = "must be a whole number from 0 to 65535"
    return TransportSettings(
        audiosocket_host=env.address("RUNTIME_AUDIOSOCKET_HOST", sip_host),
        audiosocket_port=env.read("RUNTIME_AUDIOSOCKET_PORT", _port, None, port_rule, "9092"),
        ws_host=env.address("RUNTIME_ASTERISK_WS_HOST", sip_host),
        ws_port=env.read("RUNTIME_ASTERISK_WS_PORT", _port, None, port_rule, "8787"),
        ws_path=env.read(
            "RUNTIME_ASTERISK_WS_PATH",
            lambda text: _matching(_PATH, text),
            _DEFAULTS.ws_path,
            "must begin with / and have letters, digits and /_.~- only",
            "/asterisk",
        ),
        ws_user=env.read(
            "RUNTIME_ASTERISK_WS_USER",
            lambda text: _matching(_USER, text),
            _DEFAULTS.ws_user,
            "must be 1 to 128 characters without quotes, colons and \\",
            "asterisk",
        ),
        ws_password=env.read(
            "RUNTIME_ASTERISK_WS_PASSWORD",
            lambda text: _matching(_SECRET, text),
            "",
            "must be 16 to 256 printable characters without blanks",
            "the output of `openssl rand -hex 16`",
        ),
        ws_tls_cert=env.text("RUNTIME_ASTERISK_WS_TLS_CERT"),
        ws_tls_key=env.text("RUNTIME_ASTERISK_WS_TLS_KEY"),
        max_connections=env.integer("RUNTIME_STREAM_MAX_CALLS", _DEFAULTS.max_connections, 1, 2000),
    )


def transport_conflicts(settings: TransportSettings) -> list[Gap]:
    """Values that are each fine and cannot work together."""
    gaps = []
    if settings.ws_port is not None and not settings.ws_password:
        rule = "must be set when RUNTIME_ASTERISK_WS_PORT is"
        gaps.append(Gap("RUNTIME_ASTERISK_WS_PASSWORD", rule, "the output of `openssl rand -hex 16`"))
    if settings.ws_port and settings.ws_port == settings.audiosocket_port:
        rule = "must differ from RUNTIME_AUDIOSOCKET_PORT"
        gaps.append(Gap("RUNTIME_ASTERISK_WS_PORT", rule, "8787"))
    if settings.ws_tls_key and not settings.ws_tls_cert:
        gaps.append(Gap("RUNTIME_ASTERISK_WS_TLS_CERT", "must be set with its key", "/etc/aywa/ws.pem"))
    return gaps


def _port(text: str) -> int:
    return between(int(text), 0, 65535)


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError
    return text
