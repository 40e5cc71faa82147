"""Hypercorn on Trio, with limits: its defaults are no read timeout and three seconds to finish."""

from __future__ import annotations

import errno
import logging
import socket

from hypercorn.config import Config

from aywa.errors import ConfigError, Gap
from aywa.settings import HttpSettings

_BACKLOG = 512
_MESSAGE_BYTES = 1 << 20  # that a client may send
# Hypercorn sends shielded from cancellation: a client that stops reading would hold up the process's end for
# ever. The kernel gives the connection up after this long without progress; accepted sockets inherit it.
_SEND_STALL_MS = 20_000


def bind_http(http: HttpSettings) -> socket.socket:
    """A listening socket. Raises `ConfigError` saying what to change."""
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SEND_STALL_MS)
        sock.bind((http.host, http.port))
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        name = "RUNTIME_HTTP_PORT" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "RUNTIME_HTTP_HOST"
        rule = (
            f"TCP {http.host}:{http.port} cannot be used ({error.strerror}): "
            "stop what holds it or choose another"
        )
        raise ConfigError([Gap(name, rule, "8081" if name.endswith("PORT") else "127.0.0.1")]) from error
    return sock


def http_config(http: HttpSettings, sock: socket.socket) -> Config:
    """Hypercorn's configuration; takes the socket over."""
    config = Config()
    config.bind = [f"fd://{sock.detach()}"]
    config.backlog = _BACKLOG
    config.read_timeout = http.read_timeout_s
    config.keep_alive_timeout = http.keep_alive_s
    config.graceful_timeout = http.graceful_timeout_s
    config.h11_max_incomplete_size = 16 * 1024  # request line and headers
    config.websocket_max_message_size = _MESSAGE_BYTES
    config.include_server_header = False
    config.accesslog = None  # the app writes one line a request
    config.errorlog = logging.getLogger("hypercorn.error")  # not a handler of its own: ours redacts
    config.loglevel = "WARNING"
    return config
