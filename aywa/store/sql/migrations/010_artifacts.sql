-- What calls leave behind as files: where each is, and whether it is in the artifact store for good.

create table artifacts (
    org_id      uuid not null,
    call_id     uuid not null,
    kind        text not null,
    format      text not null,
    state       text not null check (state in ('waiting', 'stored', 'kept', 'lost')),
    host        text not null, -- whose disk it waits on, or is kept on
    path        text,          -- of the finished file, where it is kept
    size        bigint,
    sha256      bytea check (length(sha256) = 32),
    attempts    integer not null default 0, -- that have failed
    next_at     timestamptz not null,       -- not tried before
    last_error  text not null default '',
    created_at  timestamptz not null,
    settled_at  timestamptz,
    primary key (call_id, kind)
);

create index artifacts_newest on artifacts (org_id, created_at desc, call_id, kind);
create index artifacts_waiting on artifacts (created_at) where state = 'waiting';

call aywa_wall_in('artifacts', 'select, insert, update, delete');
