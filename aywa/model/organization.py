"""Organisations: whose a row is."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from aywa.model.base import Plan, Resource, Timestamp

# Owns what was there before there were organisations, and what is done without naming one.
DEFAULT_ORGANIZATION = UUID("00000000-0000-0000-0000-000000000001")


class Organization(Resource):
    """One organisation."""

    id: str
    name: str
    created_at: Timestamp
    updated_at: Timestamp


class NewOrganization(Plan):
    """The body of `POST /organization` and of `PATCH /organization/:id`."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")
