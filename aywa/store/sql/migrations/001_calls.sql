-- Calls and what they leave behind: transcript and timeline.

create table calls (
    id              uuid primary key,
    type            text not null,
    status          text not null,
    scenario        text not null,
    from_uri        text not null,
    to_uri          text not null,
    sip_call_id     text not null,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    started_at      timestamptz,
    ended_at        timestamptz,
    end_code        text,
    end_side        text,
    end_sip_status  integer,
    end_detail      text,
    slots           jsonb not null default '{}',
    recording_path  text,
    worker_id       text not null default ''
);

-- newest first, with the id to order calls created in the same microsecond
create index calls_created_at on calls (created_at desc, id);
-- the calls that are up: a handful among millions
create index calls_live on calls (worker_id) where status <> 'ended';

-- No foreign keys on the two below: a call's rows are written in batches by different tasks, and an entry must
-- never be refused because its call's row is still on the way.
create table timeline (
    call_id  uuid not null,
    seq      integer not null,
    at_ms    bigint not null,
    kind     text not null,
    data     jsonb not null default '{}',
    primary key (call_id, seq)
);

create table transcript (
    call_id      uuid not null,
    seq          integer not null,
    role         text not null,
    text         text not null,
    start_ms     bigint not null,
    end_ms       bigint not null,
    interrupted  boolean not null default false,
    primary key (call_id, seq)
);
