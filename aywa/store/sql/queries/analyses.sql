-- name: order
-- system: of the calls of every organisation, in one transaction with them
insert into analyses (call_id, org_id, ask, asked_at)
select call_id, org_id, ask::jsonb, asked_at
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) as asked (call_id, org_id, ask, asked_at)
on conflict (call_id) do nothing;

-- name: claim
-- system: one worker analyses for every organisation
with ready as materialized (
    select analyses.call_id
    from analyses join calls on calls.id = analyses.call_id
    where analyses.state = 'waiting' and calls.status = 'ended'
      and (analyses.next_at is null or analyses.next_at <= $2)
    order by analyses.asked_at
    limit $4
    for update of analyses skip locked
)
update analyses
set leased_by = $1, next_at = $3, tries = tries + 1
from ready
where analyses.call_id = ready.call_id
returning analyses.call_id, analyses.org_id, analyses.ask, analyses.tries;

-- name: release
-- system: workers analyse for every organisation
-- The lock of a worker that lives cannot be had.
with owners as materialized (
    select distinct leased_by from analyses
    where state = 'waiting' and leased_by <> '' and leased_by <> $2
),
gone as materialized (
    select leased_by from owners where pg_try_advisory_xact_lock($1, hashtext(leased_by))
)
update analyses
set leased_by = '', next_at = $3
from gone
where analyses.leased_by = gone.leased_by and analyses.state = 'waiting';

-- name: waiting_for
-- system: of calls whose process is gone, whosever they are
select call_id, ask from analyses where call_id = any ($1::uuid[]) and state = 'waiting';

-- name: settle
-- system: one worker analyses for every organisation
update analyses
set state = 'done', result = $2, settled_at = $3, leased_by = ''
where call_id = $1 and state = 'waiting'
returning ask;

-- name: settled_call
-- system: one worker analyses for every organisation
-- The lock keeps other messages of the call from taking the same number.
select calls.*, analyses.result as analysis
from calls join analyses on analyses.call_id = calls.id
where calls.id = $1
for update of calls;

-- name: settled_lines
-- system: one worker analyses for every organisation
select call_id, seq, role, text, start_ms, end_ms, interrupted, org_id from transcript
where call_id = $1 order by seq;

-- name: lock_call
select id from calls where id = $1 and org_id = $2 for update;

-- name: result_of
select result from analyses where call_id = $1 and org_id = $2;

-- name: keep_outputs
insert into analyses (call_id, org_id, ask, state, asked_at, result, settled_at)
values ($1, $2, '{}', 'done', $4, $3, $4)
on conflict (call_id) do update set result = excluded.result where analyses.org_id = $2;
