"""Who asks, in whose name, and what each route needs of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from quart import g

from aywa.errors import RequestError
from aywa.model.api_key import KeyScope

_T = TypeVar("_T", bound=Callable[..., Any])
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """A request's key. `name` tells keys apart and says nothing of them; `org_id` is whose rows it sees."""

    name: str
    actor: str  # as the audit log names it
    org_id: UUID
    scopes: frozenset[KeyScope]
    bound: bool  # to one organisation; otherwise X-Organization-Id chooses

    def require(self, scope: KeyScope) -> None:
        """Raises `RequestError` (403) without this scope."""
        if scope not in self.scopes:
            raise RequestError(
                f"the API key has no scope {scope.value}", http_status=403, code="scope-missing"
            )

    def require_unbound(self) -> None:
        """Raises `RequestError` (403) for a key of one organisation."""
        if self.bound:
            raise RequestError(
                "the API key belongs to one organization", http_status=403, code="organization-bound"
            )


def caller() -> Caller:
    """Who asks, within a request to a route that is not public."""
    asking: Caller = g.caller
    return asking


def actor_of_request() -> tuple[str, str]:
    """Who asks as the audit log names it, and the request's id."""
    return caller().actor, str(g.request_id)


def needs(scope: KeyScope) -> Callable[[_T], _T]:
    """Mark a view: stands under the route's decorator."""

    def mark(view: _T) -> _T:
        view.needed_scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def scope_of(view: object, method: str) -> KeyScope:
    """The scope that this view names, or else that of the method."""
    usual = KeyScope.READ if method in _READING else KeyScope.WRITE
    scope: KeyScope = getattr(view, "needed_scope", usual)
    return scope
