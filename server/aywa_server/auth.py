"""API keys: `Authorization: Bearer <key>` or `X-API-Key: <key>`, from the environment or the database."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from uuid import UUID

import trio

from aywa.clock import wall_now
from aywa.errors import ParseError, RateLimitedError, RequestError, StoreError
from aywa.log import get_logger
from aywa.model.api_key import KeyScope
from aywa.model.key_token import digest_of, parse_token
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.settings import HttpSettings
from aywa.store.api_keys import KeyRow
from aywa.store.tenancy import Tenancy
from aywa_server.buckets import Buckets
from aywa_server.caller import Caller
from aywa_server.key_cache import LOOKUP_BOUND_S, KeyCache

ORGANIZATION_HEADER = "X-Organization-Id"
NAME_LENGTH = 12  # hexadecimal digits
_USED_EVERY = timedelta(seconds=60)  # how coarse `lastUsedAt` is: no write for each request
_MAX_ORGANIZATIONS = 10_000
_log = get_logger("http.auth")


class KeyRing:
    """The keys of the environment."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._digests = [digest_of(key) for key in keys]

    def name_of(self, digest: bytes) -> str | None:
        """The name of the key with this digest, None for any other.

        The name is the beginning of the key's SHA-256: it tells keys apart and says nothing of them.
        """
        # every key is compared, and digests have one length: the time says nothing about the keys
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return digest.hex()[:NAME_LENGTH] if any(matches) else None


class Gate:
    """Lets requests in, in the name of an organisation."""

    def __init__(
        self, ring: KeyRing, tenancy: Tenancy | None, now: Callable[[], float], http: HttpSettings
    ) -> None:
        """`now` is monotonic."""
        self._ring = ring
        self._tenancy = tenancy
        self._cache = KeyCache(tenancy.keys.find, now) if tenancy is not None else None
        self._rates = Buckets(http.rate_per_key, 2 * http.rate_per_key, now)
        self._failures = Buckets(http.wrong_keys_per_minute / 60, http.wrong_keys_per_minute, now)
        self._organizations = {DEFAULT_ORGANIZATION}  # known to exist: none is ever deleted

    async def admit(self, authorization: str, api_key: str, organization: str, source: str) -> Caller:
        """Who asks. Raises `RequestError` (400, 401, 404, 429), or `StoreError` when that cannot be known.

        `source` is the address that failures count for.
        """
        presented = _presented(authorization, api_key)
        if presented is None:
            raise _unauthorized(
                "an API key is required: send Authorization: Bearer <key> or X-API-Key: <key>"
            )
        digest = digest_of(presented)
        name = self._ring.name_of(digest)
        row = await self._stored(presented, digest, source) if name is None else None
        if wait := self._rates.take(name or str(row and row.id)):
            raise _limited("the API key asks too often", wait)
        if row is None:
            org_id = await self._choose(organization, None)
            return Caller(name or "", f"environment:{name}", org_id, frozenset(KeyScope), bound=False)
        org_id = await self._choose(organization, row.org_id)
        await self._note_use(row)
        return Caller(
            str(row.id), f"key:{row.id}", org_id, frozenset(row.scopes), bound=row.org_id is not None
        )

    async def _stored(self, presented: str, digest: bytes, source: str) -> KeyRow:
        """The valid key of the database; an unknown, a revoked and an expired one are one."""
        known = self._cache is not None and self._cache.knows(digest)
        if not known and (wait := self._failures.wait(source)):
            raise _limited("too many requests without a valid API key", wait)
        try:
            parse_token(presented)
        except ParseError as error:
            self._failures.take(source)
            raise _unauthorized(f"the API key is not valid: {error.detail}") from None
        row = await self._cache.get(digest) if self._cache is not None else None
        if row is None or not row.valid(wall_now()):
            self._failures.take(source)
            raise _unauthorized("the API key is not valid")
        return row

    async def _choose(self, organization: str, own: UUID | None) -> UUID:
        """The organisation of a request: the key's own, or the one it names."""
        if not organization:
            return own or DEFAULT_ORGANIZATION
        try:
            wanted = UUID(organization)
        except ValueError:
            raise RequestError(
                f"{ORGANIZATION_HEADER} must be the id of an organization, a UUID",
                code="invalid-organization",
                field=ORGANIZATION_HEADER,
            ) from None
        if own is not None and own != wanted:
            raise no_organization()
        if own is None and wanted not in self._organizations:
            await self._find(wanted)
        return wanted

    async def _find(self, wanted: UUID) -> None:
        if self._tenancy is None or await self._tenancy.organizations.get(wanted, None) is None:
            raise no_organization()
        if len(self._organizations) < _MAX_ORGANIZATIONS:
            self._organizations.add(wanted)

    async def _note_use(self, row: KeyRow) -> None:
        """At most a write a minute for each key and node; one that fails costs the time, not the request."""
        now: datetime = wall_now()
        if self._tenancy is None or (row.last_used_at is not None and now - row.last_used_at < _USED_EVERY):
            return
        try:
            with trio.move_on_after(LOOKUP_BOUND_S):
                await self._tenancy.keys.used(row.id, now)
        except StoreError as error:
            _log.warning("a key's use cannot be noted", detail=error.detail)


def source_of(address: str) -> str:
    """What the failures of an address count for: the address, or the /64 that an IPv6 host has to itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # a Unix socket's, a test's
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped is not None else str(ip_network((int(parsed) >> 64 << 64, 64)))


def no_organization() -> RequestError:
    """There is none, or it is another's."""
    return RequestError(
        "there is no organization with this id", http_status=404, code="organization-not-found"
    )


def _unauthorized(detail: str) -> RequestError:
    return RequestError(detail, http_status=401, code="unauthorized")


def _limited(detail: str, wait: float) -> RateLimitedError:
    return RateLimitedError(detail, retry_after_s=math.ceil(wait))


def _presented(authorization: str, api_key: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return api_key.strip() or None
