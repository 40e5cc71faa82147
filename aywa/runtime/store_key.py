"""The keys that secrets are sealed with, and the work of changing them while the runtime runs."""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import trio

from aywa.clock import wall_now
from aywa.errors import ConfigError, Gap, StoreError
from aywa.log import get_logger
from aywa.settings import StoreSettings
from aywa.store.idempotency import PostgresIdempotency
from aywa.store.resources import PostgresResources
from aywa.store.sealing import SealedRow, Sealer, parse_store_key

_NAME = "store-key"
HOUSEKEEPING_S = 3600.0
# Longer than any message waits or lies dead: a call of half a day, three days of attempts, thirty days dead.
CALL_SERVERS_KEPT = timedelta(days=40)
_AGAIN_S = 30.0
_log = get_logger("runtime.store_key")


def load_sealer(settings: StoreSettings) -> Sealer:
    """With the keys of the settings, or with one that is made once and kept in the data directory.

    Blocks. Raises `ConfigError`.
    """
    texts = settings.encryption_keys
    if not texts:
        try:
            texts = (_development_key(Path(settings.data_dir)),)
        except OSError as error:
            rule = f"{settings.data_dir} cannot be written ({error.strerror})"
            raise ConfigError([Gap("RUNTIME_DATA_DIR", rule, "/var/lib/aywa")]) from error
    try:
        return Sealer([parse_store_key(text) for text in texts])
    except ValueError:
        rule = "must be 32 bytes in base64, or a phrase of at least 32 characters"
        raise ConfigError([Gap("RUNTIME_STORE_ENCRYPTION_KEY", rule)]) from None


async def keep_house(resources: PostgresResources, requests: PostgresIdempotency, sealer: Sealer) -> None:
    """Until cancelled: seal anew what other keys have sealed, and forget what nobody needs any more."""
    while True:
        wait_s = HOUSEKEEPING_S
        try:
            await requests.forget(wall_now())
            await resources.forget_call_servers(wall_now() - CALL_SERVERS_KEPT)
            await seal_anew(resources, sealer)
        except StoreError as error:
            _log.warning("the store cannot be kept in order", detail=error.detail)
            wait_s = _AGAIN_S
        await trio.sleep(wait_s)


async def seal_anew(resources: PostgresResources, sealer: Sealer) -> int:
    """Seal with the first key whatever another one has sealed; how many envelopes were changed.

    Raises `StoreError` at the first that does not open: its key is still needed.
    """
    changed = 0
    while rows := await resources.sealed_otherwise(sealer.key_id):
        for row in rows:
            bound = SealedRow(row.org_id, row.kind.value, row.id)
            sealed = sealer.seal(bound, sealer.open(bound, row.sealed))
            assert sealed is not None, "an envelope is never empty"
            await resources.reseal(row, sealed)
            changed += 1
    if changed:
        _log.info("secrets were sealed anew", envelopes=changed)
    return changed


def _development_key(data_dir: Path) -> str:
    path = data_dir / _NAME
    with suppress(FileNotFoundError):
        return path.read_text("ascii").strip()
    key = b64encode(secrets.token_bytes(32)).decode("ascii")
    data_dir.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return key
