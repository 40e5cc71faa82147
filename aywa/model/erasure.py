"""What an erasure takes and what it answers."""

from __future__ import annotations

from pydantic import Field, field_validator

from aywa.model.base import Plan, Resource
from aywa.model.numbers_in import number_key


class NewErasure(Plan):
    """Erase every call from or to this number, in any of its spellings."""

    phone_number: str = Field(min_length=3, max_length=40)

    @field_validator("phone_number")
    @classmethod
    def _is_one(cls, text: str) -> str:
        if number_key(text) is None:
            raise ValueError("must be a telephone number of 3 to 20 digits, such as +4930123456")
        return text


class ErasedCall(Resource):
    """A call of which something is still to be deleted."""

    call_id: str
    why: str


class ErasureReport(Resource):
    """What was erased, by table and in files, and what is under way."""

    calls: int
    erased: dict[str, int]
    under_way: list[ErasedCall]
