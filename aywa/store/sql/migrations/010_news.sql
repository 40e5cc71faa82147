-- Whom a call tells of itself, as it was when the call began: so that it can be told of a call whose process is gone,
-- and of what happens to a call that is over. Expand: a row of an earlier version says nothing, and nobody is told.
alter table calls add column news jsonb;

-- Each server counts a call's messages for itself, from 1.
alter table webhook_jobs drop constraint webhook_jobs_call_id_seq_key;
alter table webhook_jobs add constraint webhook_jobs_of_call unique (call_id, source, seq);

-- Servers of assistants that were named for single calls are forgotten by their age.
create index resources_call_servers on resources (created_at) where kind = 'call-server';
