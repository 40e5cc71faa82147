"""What the packets of a leg look like, both ways."""

from typing import TypeAlias

CodecSettings: TypeAlias = tuple[str, int, int, bool, bool, int]
"""Encoding name, payload type, RTP clock in Hz, and of Opus: FEC, DTX, bit rate (0: the encoder's choice)."""

class NativeWire:
    """Codecs with their state for one leg: handed to `NativeLeg` or `NativeEngine.configure` once."""

    def __init__(
        self,
        *,
        send: CodecSettings,
        receive: tuple[CodecSettings, ...],
        events: tuple[int, int] | None = None,
        receive_events: tuple[tuple[int, int], ...] = (),
        comfort_noise: tuple[int, ...] = (),
        ptime_ms: int = 20,
        rate_hz: int = 8000,
        keys: tuple[str, bytes, bytes] | None = None,
        keep_keys: tuple[bool, bool] = (False, False),
        rtcp_peer: int = 0,
        rtcp_mux: bool = False,
    ) -> None:
        """`events`: payload type and clock in Hz. `ptime_ms`: 10, 20, ... 60 of sent packets; 16 kHz L16 goes
        out in 40 ms at most. `rate_hz`: the leg's. `keys`: suite by its SDES name, ours and theirs as master
        key and salt in one. `keep_keys`: ours, theirs is that of the format before, so its counters go on.
        `rtcp_peer`: address << 16 | port of the other side's reports, 0: none are sent; `rtcp_mux`: ours go
        out on the RTP port.

        Raises ValueError for what a leg does not carry, MemoryError when memory is out.
        """
    @property
    def memory(self) -> int:
        """Bytes; 0 once it was handed over."""
