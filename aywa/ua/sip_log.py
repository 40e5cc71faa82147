"""SIP messages of calls that somebody looks into. Of all others nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

from aywa.clock import monotonic_ns
from aywa.ports.capture import CapturedPacket, PacketTap
from aywa.proto.sip.routing import Address

UNDECIDED_MESSAGES = 16  # of a call that has just come, until somebody says whether they are wanted
_CALL_ID = re.compile(rb"(?:\r\n)(?:call-id|i)[ \t]*:[ \t]*([^\s]+)", re.IGNORECASE)


class SipLog:
    """Gives the messages of a call to whoever asked for them, by Call-ID, from the call's first on."""

    def __init__(self, local: Callable[[Address], Address]) -> None:
        """`local`: where we are for a peer."""
        self._local = local
        self._taps: dict[str, PacketTap] = {}
        self._until_over: set[str] = set()
        self._undecided: dict[str, list[CapturedPacket]] = {}
        self._at_hand: tuple[int, Address, bytes] | None = None

    def received(self, data: bytes, source: Address) -> None:
        """A message came and is about to be handled."""
        self._at_hand = (monotonic_ns(), source, data)
        self._note(data, source, sent=False)

    def sent(self, data: bytes, address: Address) -> None:
        """A message goes out."""
        self._note(data, address, sent=True)

    def begin(self, call_id: str) -> None:
        """A call begins with the message at hand: keep what there is of it until `follow` or `drop`."""
        if self._at_hand is not None and call_id not in self._taps:
            at_ns, source, data = self._at_hand
            self._undecided.setdefault(call_id, [self._packet(at_ns, data, source, sent=False)])

    def follow(self, call_id: str, tap: PacketTap, *, until_over: bool = False) -> None:
        """Give `tap` all messages of a call, those that were kept since it began first.

        `until_over`: to the last one that ends the session; else until `drop`.
        """
        if until_over:
            self._until_over.add(call_id)
        for packet in self._undecided.pop(call_id, ()):
            tap(packet)
        self._taps[call_id] = tap

    def drop(self, call_id: str) -> None:
        """Nobody wants the messages of this call, or no longer."""
        self._undecided.pop(call_id, None)
        self._until_over.discard(call_id)
        self._taps.pop(call_id, None)

    def settle(self, call_id: str) -> None:
        """The call is over; who follows it may wait for its last message."""
        self._undecided.pop(call_id, None)
        if call_id in self._until_over:
            self.drop(call_id)

    def _note(self, data: bytes, peer: Address, *, sent: bool) -> None:
        if not self._taps and not self._undecided:
            return
        found = _CALL_ID.search(data)
        call_id = found[1].decode("utf-8", "surrogateescape") if found else ""
        tap, kept = self._taps.get(call_id), self._undecided.get(call_id)
        if tap is not None:
            tap(self._packet(monotonic_ns(), data, peer, sent=sent))
        elif kept is not None and len(kept) < UNDECIDED_MESSAGES:
            kept.append(self._packet(monotonic_ns(), data, peer, sent=sent))

    def _packet(self, at_ns: int, data: bytes, peer: Address, *, sent: bool) -> CapturedPacket:
        host, port = self._local(peer)
        return CapturedPacket(
            at_ns,
            sent,
            (_literal(host, peer[0]), port),
            (_literal(peer[0], peer[0]), peer[1]),
            len(data),
            data,
        )


def _literal(host: str, like: str) -> str:
    """`host` as an address of the family of `like`; the unspecified one for a name or another family."""
    version = 6 if ":" in like else 4
    with suppress(ValueError):
        address = ip_address(host.partition("%")[0].strip("[]"))
        if address.version == version:
            return str(address)
    return "::" if version == 6 else "0.0.0.0"
