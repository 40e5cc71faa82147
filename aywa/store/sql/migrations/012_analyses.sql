-- What is made of calls when they are over: asked for when a call begins, done by whichever worker takes it.

create table analyses (
    call_id      uuid primary key references calls (id) on delete cascade,
    org_id       uuid not null,
    ask          jsonb not null,
    state        text not null default 'waiting' check (state in ('waiting', 'done')),
    tries        integer not null default 0,
    asked_at     timestamptz not null,
    next_at      timestamptz, -- nobody takes it before: the end of a lease
    leased_by    text not null default '',
    result       jsonb,
    settled_at   timestamptz
);

create index analyses_waiting on analyses (asked_at) where state = 'waiting';

call aywa_wall_in('analyses', 'select, insert, update, delete');
