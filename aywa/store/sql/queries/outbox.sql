-- name: insert_jobs
-- system: of the calls of every organisation, in one transaction with them
insert into webhook_jobs (id, org_id, call_id, seq, type, source, endpoint, body, created_at, next_at)
select id, org_id, call_id, seq, type, source, endpoint, body, created_at, created_at
from unnest($1::text[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::timestamptz[])
    as job (id, org_id, call_id, seq, type, source, endpoint, body, created_at)
on conflict do nothing;

-- name: last_seqs
-- system: of a call whose process is gone, whosever it is
select source, max(seq) as seq from webhook_jobs where call_id = $1 group by source;

-- name: claim
-- system: one worker sends for every organisation
-- The endpoints are found by jumping along the index, not by reading the backlog of one that is down.
with recursive endpoints as (
    (select endpoint from webhook_jobs where state = 'waiting' order by endpoint limit 1)
    union all
    select (select jobs.endpoint from webhook_jobs as jobs
            where jobs.state = 'waiting' and jobs.endpoint > endpoints.endpoint
            order by jobs.endpoint limit 1)
    from endpoints where endpoints.endpoint is not null
),
rooms as (
    select endpoints.endpoint, coalesce(given.room, $5) as room
    from endpoints
    left join unnest($6::text[], $7::int[]) as given (endpoint, room) using (endpoint)
    where endpoints.endpoint is not null
),
ready as materialized (
    select found.id
    from (select endpoint, room from rooms order by random()) as rooms -- places run out for no one in particular
    cross join lateral (
        select jobs.id
        from webhook_jobs as jobs
        where jobs.state = 'waiting' and jobs.endpoint = rooms.endpoint and jobs.next_at <= $2
          and not exists (
              select from webhook_jobs as earlier
              where earlier.call_id = jobs.call_id and earlier.seq < jobs.seq and earlier.state = 'waiting'
                and earlier.endpoint = jobs.endpoint and earlier.tries < 3
          )
        order by jobs.next_at, jobs.seq
        limit rooms.room
        for update of jobs skip locked
    ) as found
    limit $4
)
update webhook_jobs as jobs
set leased_by = $1, next_at = $3
from ready
where jobs.id = ready.id
returning jobs.id, jobs.org_id, jobs.source, jobs.endpoint, jobs.type, jobs.body, jobs.tries, jobs.created_at;

-- name: finish
-- system: one worker sends for every organisation
-- Whose lease has run out changes nothing of the message any more; its attempt is kept all the same.
with outcome as (
    select * from unnest(
        $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::int[], $7::int[], $8::text[], $9::text[],
        $10::text[], $11::timestamptz[]
    ) as outcome (id, job_id, at, endpoint, status, latency_ms, error, answer, state, next_at)
),
kept as (
    insert into webhook_attempts (id, org_id, job_id, number, at, endpoint, status, latency_ms, error, answer, next_at)
    select outcome.id, jobs.org_id, outcome.job_id, jobs.attempts + 1, outcome.at, outcome.endpoint,
           outcome.status, outcome.latency_ms, outcome.error, outcome.answer, outcome.next_at
    from outcome join webhook_jobs as jobs on jobs.id = outcome.job_id
    on conflict (id) do nothing
)
update webhook_jobs as jobs
set attempts = jobs.attempts + 1,
    last_status = outcome.status,
    last_error = outcome.error,
    endpoint = outcome.endpoint,
    state = case when jobs.leased_by = $1 then outcome.state else jobs.state end,
    tries = case when jobs.leased_by = $1 then jobs.tries + 1 else jobs.tries end,
    next_at = case when jobs.leased_by = $1 then coalesce(outcome.next_at, jobs.next_at) else jobs.next_at end,
    settled_at = case when jobs.leased_by = $1 and outcome.state <> 'waiting' then outcome.at else jobs.settled_at end,
    leased_by = case when jobs.leased_by = $1 then '' else jobs.leased_by end
from outcome
where jobs.id = outcome.job_id and jobs.state = 'waiting';

-- name: release
-- system: workers send for every organisation
-- The lock of a worker that lives cannot be had.
with owners as materialized (
    select distinct leased_by from webhook_jobs
    where state = 'waiting' and leased_by <> '' and leased_by <> $2
),
gone as materialized (
    select leased_by from owners where pg_try_advisory_xact_lock($1, hashtext(leased_by))
)
update webhook_jobs as jobs
set leased_by = '', next_at = $3
from gone
where jobs.leased_by = gone.leased_by and jobs.state = 'waiting';

-- name: purge
-- system: retention is the same for every organisation
delete from webhook_jobs
where (state in ('delivered', 'skipped') and settled_at < $1) or (state = 'dead' and settled_at < $2);

-- name: figures
-- system: gauges of the process
select 'waiting' as state, count(*) as jobs from webhook_jobs where state = 'waiting'
union all
select 'dead', count(*) from webhook_jobs where state = 'dead';

-- name: oldest
-- system: gauges of the process
select min(created_at) as at from webhook_jobs where state = 'waiting' and next_at <= $1;

-- name: list_jobs
select id, call_id, seq, type, source, endpoint, body, created_at, state, tries, attempts, next_at, settled_at,
       last_status, last_error
from webhook_jobs
where org_id = $1
  and ($3::text is null or state = $3)
  and ($4::text is null or type = $4)
  and ($5::uuid is null or call_id = $5)
  and ($6::text is null or endpoint = $6)
  and ($7::timestamptz is null or created_at < $7)
  and ($8::timestamptz is null or created_at <= $8)
  and ($9::timestamptz is null or created_at > $9)
  and ($10::timestamptz is null or created_at >= $10)
order by created_at desc, id
limit $2;

-- name: get_job
select id, call_id, seq, type, source, endpoint, body, created_at, state, tries, attempts, next_at, settled_at,
       last_status, last_error
from webhook_jobs where org_id = $1 and id = $2;

-- name: get_attempt
select id, job_id, number, at, endpoint, status, latency_ms, error, answer, next_at
from webhook_attempts where org_id = $1 and id = $2;

-- name: attempts
select id, job_id, number, at, endpoint, status, latency_ms, error, answer, next_at
from webhook_attempts where org_id = $1 and job_id = $2 order by number;

-- name: replay
update webhook_jobs
set state = 'waiting', tries = 0, next_at = $3, leased_by = '', settled_at = null
where org_id = $1
  and state = any ($2::text[])
  and ($4::text[] is null or id = any ($4))
  and ($5::text is null or type = $5)
  and ($6::uuid is null or call_id = $6)
  and ($7::text is null or endpoint = $7)
  and ($8::timestamptz is null or created_at < $8)
  and ($9::timestamptz is null or created_at <= $9)
  and ($10::timestamptz is null or created_at > $10)
  and ($11::timestamptz is null or created_at >= $11)
returning id;
