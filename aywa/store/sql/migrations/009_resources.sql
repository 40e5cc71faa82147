-- What organisations have made: one table, one kind a noun of the API.

create table resources (
    org_id      uuid not null,
    kind        text not null,
    id          uuid not null,
    body        jsonb not null,
    sealed      jsonb,           -- secrets: the envelope, which names its key
    unique_key  text,
    refs        uuid[] not null default '{}',
    version     integer not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (id)
);

create index resources_newest on resources (org_id, kind, created_at desc, id desc);
-- over all organisations: a call that comes in names none
create unique index resources_unique_key on resources (kind, unique_key) where unique_key is not null;
create index resources_refs on resources using gin (refs);
create index resources_sealed on resources ((sealed ->> 'keyId')) where sealed is not null;

-- Answers to requests that carried an Idempotency-Key; without one the request is under way.
create table idempotency (
    org_id       uuid not null,
    key          text not null,
    fingerprint  text not null,
    answer       jsonb,
    began_at     timestamptz not null,
    primary key (org_id, key)
);

create index idempotency_age on idempotency (began_at);

call aywa_wall_in('resources', 'select, insert, update, delete');
call aywa_wall_in('idempotency', 'select, insert, update, delete');
