"""Where a vendor is reached, and as whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Access:
    """One account at a vendor's.

    `provider`: its name in messages, timeline and metrics. `base_url`: http or https, without a slash at the
    end; websockets go to the same host by ws or wss. `headers`: further ones, of the operator's, on every
    request; an adapter's own go before them.
    """

    provider: str
    base_url: str
    key: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def fields(self, own: Mapping[str, str]) -> list[tuple[str, str]]:
        """The header fields of one request; of two with one name the adapter's."""
        names = {name.lower() for name in own}
        others = [(name, value) for name, value in self.headers.items() if name.lower() not in names]
        return [*own.items(), *others]
