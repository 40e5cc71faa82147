"""From a command of the API to a transfer: see `aywa.call.transfer_order`."""

from __future__ import annotations

from aywa.call.transfer_order import DEFAULT_MESSAGE, plan_of

__all__ = ["DEFAULT_MESSAGE", "plan_of"]
