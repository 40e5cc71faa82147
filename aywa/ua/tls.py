"""TLS of SIP: certificates, and who is believed (RFC 3261 §26.3, RFC 5922)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import trio

from aywa.errors import ConfigError, Gap
from aywa.proto.sip.stream_address import StreamAddress
from aywa.settings import SipSettings, TlsClientAuth

HANDSHAKE_S = 5.0


@dataclass(frozen=True, slots=True)
class TlsContexts:
    """`server` is None where no port asks for one."""

    client: ssl.SSLContext
    server: ssl.SSLContext | None

    def accept(self, stream: trio.SocketStream) -> trio.SSLStream[trio.SocketStream]:
        """The server's side of a connection that was accepted."""
        assert self.server is not None, "only a listener accepts"
        return trio.SSLStream(stream, self.server, server_side=True, https_compatible=True)

    def connect(self, stream: trio.SocketStream, peer: StreamAddress) -> trio.SSLStream[trio.SocketStream]:
        """The client's side of a connection to `peer`: its certificate must be for the domain called."""
        return trio.SSLStream(
            stream, self.client, server_hostname=peer.name or peer[0], https_compatible=True
        )


def open_tls(settings: SipSettings) -> TlsContexts:
    """Load certificates and keys. Raises ConfigError with everything that is wrong with them."""
    gaps: list[Gap] = []
    client = ssl.create_default_context()
    client.minimum_version = ssl.TLSVersion.TLSv1_2
    server: ssl.SSLContext | None = None
    if settings.tls_ca:
        client = _trusting(settings.tls_ca, gaps) or client
    if not settings.tls_verify:
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
    if settings.tls_cert:
        _load_chain(client, settings, gaps)
    if settings.tls_port is not None:
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.minimum_version = ssl.TLSVersion.TLSv1_2
        if not gaps:
            _load_chain(server, settings, gaps)
        if settings.tls_client_auth is not TlsClientAuth.OFF:
            required = settings.tls_client_auth is TlsClientAuth.REQUIRED
            server.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
            if settings.tls_ca and not gaps:
                server.load_verify_locations(settings.tls_ca)
    if gaps:
        raise ConfigError(gaps)
    return TlsContexts(client, server)


def _trusting(path: str, gaps: list[Gap]) -> ssl.SSLContext | None:
    try:
        context = ssl.create_default_context(cafile=path)
    except OSError as error:  # ssl.SSLError is one
        rule = f"cannot be read as certificates: {error.strerror or error}"
        gaps.append(Gap("RUNTIME_SIP_TLS_CA", rule, "/etc/ssl/certs/ca-certificates.crt"))
        return None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load_chain(context: ssl.SSLContext, settings: SipSettings, gaps: list[Gap]) -> None:
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key or None)
    except OSError as error:
        rule = f"cannot be used with its key: {error.strerror or error}"
        gaps.append(Gap("RUNTIME_SIP_TLS_CERT", rule, "/etc/aywa/sip.pem"))
