-- What was read of files, in pieces that are found by words; by meaning too, where there is pgvector: its
-- column is made when the runtime starts (store/knowledge.py), for the extension may come later.

create table knowledge_files (
    file_id     uuid primary key references resources (id) on delete cascade,
    org_id      uuid not null,
    state       text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
    model       text not null,
    language    text not null default 'simple',
    passages    integer not null default 0,
    error       text not null default '',
    tries       integer not null default 0,
    next_at     timestamptz not null, -- nobody takes it before: the end of a lease
    settled_at  timestamptz
);

create table knowledge_passages (
    file_id   uuid not null references knowledge_files (file_id) on delete cascade,
    org_id    uuid not null,
    position  integer not null,
    model     text not null,
    language  text not null,
    heading   text not null,
    text      text not null,
    words     tsvector not null,
    primary key (file_id, position)
);

create index knowledge_passages_words on knowledge_passages using gin (words);

call aywa_wall_in('knowledge_files', 'select, insert, update, delete');
call aywa_wall_in('knowledge_passages', 'select, insert, update, delete');
