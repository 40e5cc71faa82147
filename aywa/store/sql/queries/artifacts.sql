-- name: ended_calls
-- system: the files of a disk belong to calls of every organisation
select calls.*, (select result from analyses where analyses.call_id = calls.id) as analysis
from calls where id = any ($1::uuid[]) and status = 'ended';

-- name: expect
-- system: the files of a disk belong to calls of every organisation
-- Where the call has been erased meanwhile nothing is expected of it any more.
insert into artifacts (org_id, call_id, kind, format, state, host, created_at, next_at)
select given.org_id, given.call_id, given.kind, given.format, 'waiting', given.host, given.created_at, given.created_at
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    as given (org_id, call_id, kind, format, host, created_at)
join calls on calls.id = given.call_id and calls.org_id = given.org_id
on conflict (call_id, kind) do nothing;

-- name: left_behind
-- system: the files of a disk belong to calls of every organisation
-- Logs are made of the database: whoever finds them can store them, when their own host is gone.
select distinct call_id from artifacts
where state = 'waiting' and (host = $1 or (kind = 'call-logs' and created_at < $2));

-- name: of_calls
-- system: the files of a disk belong to calls of every organisation
select * from artifacts where call_id = any ($1::uuid[]) order by call_id, kind;

-- name: failed
-- system: as above
update artifacts set attempts = attempts + 1, last_error = $3, next_at = $4
where call_id = $1 and kind = $2 and state = 'waiting';

-- name: settle
-- system: as above
update artifacts
set state = $3, size = $4, sha256 = $5, path = $6, host = $7, settled_at = $8, last_error = $9
where call_id = $1 and kind = $2 and state = 'waiting'
returning org_id;

-- name: locked_call
-- system: as above
-- Two artifacts of a call that settle at the same time must not both believe that the other one waits.
select calls.*, (select result from analyses where analyses.call_id = calls.id) as analysis
from calls where id = $1 for update;

-- name: count_waiting
-- system: gauges of the process
select count(*) as waiting, min(created_at) as oldest from artifacts where state = 'waiting';

-- name: of_call
select * from artifacts where org_id = $1 and call_id = $2 order by kind;

-- name: newest
select * from artifacts
where org_id = $1 and ($2::text is null or state = $2) and ($3::uuid is null or call_id = $3)
order by created_at desc, call_id, kind
limit $4;

-- name: retry
update artifacts set next_at = $2
where org_id = $1 and state = 'waiting' and ($3::uuid is null or call_id = $3)
returning call_id;

-- name: delete_of_call
delete from artifacts where org_id = $1 and call_id = $2;
