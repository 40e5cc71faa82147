"""How transactions are named, and what the transaction layer tells its user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.routing import Address
from aywa.proto.sip.transaction_actions import Failure


@dataclass(frozen=True, slots=True)
class ClientKey:
    """What a response is matched by (§17.1.3): our branch is unique, the method tells CANCEL apart."""

    branch: str
    method: str


@dataclass(frozen=True, slots=True)
class ServerKey:
    """What a request is matched by (§17.2.3); an ACK looks for its INVITE."""

    branch: str
    sent_by: tuple[str, int]
    method: str

    def invite(self) -> ServerKey:
        """The key of the INVITE that a CANCEL with this key is about (§9.2)."""
        return ServerKey(self.branch, self.sent_by, "INVITE")


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send `message` to `address`."""

    message: Request | Response
    address: Address


@dataclass(frozen=True, slots=True)
class RequestArrived:
    """A new request opened the server transaction `key`: answer it with `respond`."""

    key: ServerKey
    request: Request
    source: Address


@dataclass(frozen=True, slots=True)
class AckArrived:
    """An ACK that no transaction absorbs: of a 2xx, or stray."""

    request: Request
    source: Address


@dataclass(frozen=True, slots=True)
class ResponseArrived:
    """A response for the user of client transaction `key`."""

    key: ClientKey
    response: Response
    source: Address


@dataclass(frozen=True, slots=True)
class TransactionFailed:
    """Transaction `key` ended without its work done."""

    key: ClientKey | ServerKey
    why: Failure


@dataclass(frozen=True, slots=True)
class TransactionOver:
    """Transaction `key` is gone; nothing more comes for it."""

    key: ClientKey | ServerKey


LayerAction: TypeAlias = (
    Transmit | RequestArrived | AckArrived | ResponseArrived | TransactionFailed | TransactionOver
)
