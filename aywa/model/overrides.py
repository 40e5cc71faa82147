"""An assistant with what one call says otherwise."""

from __future__ import annotations

from typing import TypeVar

from aywa.model.base import Plan

_P = TypeVar("_P", bound=Plan)


def overridden(base: _P, upper: Plan) -> _P:
    """`base` with every field that `upper` was given; plans inside are taken field by field."""
    update: dict[str, object] = {}
    for name in upper.model_fields_set & set(type(base).model_fields):
        below, above = getattr(base, name), getattr(upper, name)
        both = isinstance(below, Plan) and isinstance(above, Plan)
        # Two of a kind only: a verbal consent is no announcement with another type.
        alike = both and (isinstance(above, type(below)) or isinstance(below, type(above)))
        update[name] = overridden(below, above) if alike else above
    return base.model_copy(update=update)
