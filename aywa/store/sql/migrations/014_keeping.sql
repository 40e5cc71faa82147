-- What is kept no longer: tombstones of what was erased, and the work that is left of it.

-- Digests are keyed, and the key is sealed with the store's: who has the rows alone cannot try all numbers.
create table tombstone_keys (
    id      uuid primary key,
    sealed  jsonb not null
);

create table tombstones (
    id      uuid primary key,
    org_id  uuid not null,
    kind    text not null check (kind in ('call', 'number')),
    key_id  uuid not null,
    digest  bytea not null check (length(digest) = 32),
    at      timestamptz not null -- of a number: calls that began before it are erased
);

create index tombstones_digest on tombstones (digest);

-- Calls whose rows or files are still to be deleted. No person is in it.
create table erasures (
    call_id       uuid primary key,
    org_id        uuid not null,
    host          text not null,  -- on whose disk its files may lie
    paths         text[] not null, -- of them, where the call named any
    swept         boolean not null default false, -- its files are gone, and its rows were once
    requested_at  timestamptz not null,
    attempts      integer not null default 0,
    next_at       timestamptz not null,
    last_error    text not null default ''
);

create index erasures_due on erasures (next_at);

-- What retention has deleted of a call whose row is still there.
create table kept_no_longer (
    call_id        uuid primary key,
    org_id         uuid not null,
    recordings_at  timestamptz,
    transcript_at  timestamptz
);

create index timeline_retention on timeline (call_id) where kind = 'call.retention';
create index calls_ended on calls (ended_at) where status = 'ended';

call aywa_wall_in('tombstones', 'select, insert');
call aywa_wall_in('erasures', 'select, insert, update, delete');
call aywa_wall_in('kept_no_longer', 'select, insert, update, delete');
