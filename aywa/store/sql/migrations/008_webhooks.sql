-- Messages for servers, committed with what they tell of, and every attempt to send them.

create table webhook_jobs (
    id            text primary key,
    org_id        uuid not null,
    call_id       uuid not null,
    seq           integer not null check (seq > 0), -- of the call
    type          text not null,
    source        text not null, -- who named the target: secrets are looked up by it when the message is sent
    endpoint      text not null, -- the URL without its query
    body          text not null, -- as it is signed: not jsonb, which would write it anew
    created_at    timestamptz not null,
    state         text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead', 'skipped')),
    tries         integer not null default 0, -- of the schedule; begins anew with a replay
    attempts      integer not null default 0, -- in all
    next_at       timestamptz not null, -- nobody takes it before: the next attempt, or the end of a lease
    leased_by     text not null default '',
    settled_at    timestamptz, -- delivered, or given up
    last_status   integer,
    last_error    text not null default '',
    unique (call_id, seq)
);

-- What is due, endpoint by endpoint: a backlog of one does not lie before the messages of another.
create index webhook_jobs_due on webhook_jobs (endpoint, next_at, seq) where state = 'waiting';
create index webhook_jobs_unsettled on webhook_jobs (call_id, seq) where state = 'waiting';
create index webhook_jobs_leased on webhook_jobs (leased_by) where state = 'waiting' and leased_by <> '';
create index webhook_jobs_newest on webhook_jobs (org_id, created_at desc, id);
create index webhook_jobs_settled on webhook_jobs (settled_at) where state <> 'waiting';

create table webhook_attempts (
    id          text primary key,
    org_id      uuid not null,
    job_id      text not null references webhook_jobs (id) on delete cascade,
    number      integer not null,
    at          timestamptz not null,
    endpoint    text not null,
    status      integer, -- null: no answer
    latency_ms  integer not null,
    error       text not null,
    answer      text not null, -- its first kilobyte
    next_at     timestamptz
);

create index webhook_attempts_of_job on webhook_attempts (job_id, number);

call aywa_wall_in('webhook_jobs', 'select, insert, update, delete');
call aywa_wall_in('webhook_attempts', 'select, insert, update, delete');
