-- What tools of calls were meant to do, written before it is done, and what came of it. Without an outcome it is
-- under way, or whoever ran it is gone: then nobody knows.

create table tool_runs (
    org_id        uuid not null,
    call_id       uuid not null,
    key           text not null,      -- of this run, as its server was told
    tool_call_id  text not null,      -- as the model named it
    print         text not null,      -- of name and arguments
    user_turn     integer not null,
    name          text not null,
    worker_id     text not null,
    began_at      timestamptz not null,
    outcome       text,
    result        text,               -- JSON, as the model reads it
    finished_at   timestamptz,
    primary key (call_id, key)
);

create unique index tool_runs_once_a_turn on tool_runs (call_id, user_turn, print);
create index tool_runs_age on tool_runs (began_at);

call aywa_wall_in('tool_runs', 'select, insert, update, delete');
