"""Reads the price table that RUNTIME_PRICES names; it stands before what is built in."""

from __future__ import annotations

from pathlib import Path

from aywa.errors import ConfigError, Gap
from aywa.model.price_table import DEFAULT_PRICES, PriceTable, parse_prices

VARIABLE = "RUNTIME_PRICES"
_EXAMPLE = "/etc/aywa/prices.json"
_LARGEST = 1 << 20  # bytes


def load_prices(path: str) -> PriceTable:
    """The table. Blocks; raises `ConfigError` with every fault of the file."""
    if not path:
        return DEFAULT_PRICES
    try:
        with Path(path).open("rb") as file:
            text = file.read(_LARGEST + 1)
    except OSError as error:
        rule = f"{path} cannot be read ({error.strerror})"
        raise ConfigError([Gap(VARIABLE, rule, _EXAMPLE)]) from error
    table, gaps = parse_prices(text, VARIABLE)
    if table is None:
        raise ConfigError(gaps)
    return table.over(DEFAULT_PRICES)
