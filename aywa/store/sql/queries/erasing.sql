-- name: tombstone_keys
-- system: keys are the runtime's
select id, sealed from tombstone_keys order by id;

-- name: keep_tombstone_key
-- system: keys are the runtime's
insert into tombstone_keys (id, sealed) values ($1, $2) on conflict (id) do update set sealed = excluded.sealed;

-- name: first_tombstone_key
-- system: keys are the runtime's; of two workers that begin one makes it
insert into tombstone_keys (id, sealed)
select $1, $2 where pg_advisory_xact_lock($3) is not null and not exists (select from tombstone_keys);

-- name: keep_tombstone
insert into tombstones (id, org_id, kind, key_id, digest, at) values ($1, $2, $3, $4, $5, $6)
on conflict (id) do nothing;

-- name: tombstones
-- system: all are written to the file outside the database
select id, org_id, kind, key_id, digest, at from tombstones order by at, id;

-- name: known_digests
-- system: a journal has calls of many organisations
select digest from tombstones where kind = 'call' and digest = any ($1::bytea[]);

-- name: tables_of_calls
-- system: the catalogue has nobody's rows
-- Every table of rows that belong to calls, whoever made it; those that say what is left to do are no such rows.
select c.relname as name, format_type(k.atttypid, k.atttypmod) as type
from pg_class c
join pg_attribute k on k.attrelid = c.oid and k.attname = 'call_id' and not k.attisdropped
join pg_attribute o on o.attrelid = c.oid and o.attname = 'org_id' and not o.attisdropped
where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
  and c.relname not in ('erasures', 'artifacts')
order by c.relname;

-- name: lock_call
select status, worker_id, recording_path, pcap_path, transfers from calls
where id = $1 and org_id = $2 for update;

-- name: delete_call
delete from calls where id = any ($1::uuid[]) and org_id = $2;

-- name: delete_answers
-- Answers that are kept for requests that may be sent again show the call, and its number.
delete from idempotency
where org_id = $1
  and (answer::text like any ($2::text[]) or key like any ($2::text[]));

-- name: calls_like
-- Candidates: whoever asks looks closer. What a call's row and its first entries say of who spoke.
select id, from_uri, to_uri, transfers::text as transfers, status, created_at,
       (select coalesce(string_agg(data::text, ' '), '') from timeline
        where timeline.call_id = calls.id and timeline.org_id = $1
          and timeline.kind in ('call.created', 'call.facts', 'dial.attempt')) as facts
from calls
where org_id = $1 and id > $2 and created_at <= $3
  and (from_uri like $4 or to_uri like $4 or transfers::text like $4 or exists (
      select from timeline
      where timeline.call_id = calls.id and timeline.org_id = $1
        and timeline.kind in ('call.created', 'call.facts', 'dial.attempt')
        and data::text like $4))
order by id limit $5;

-- name: want_erased
insert into erasures (call_id, org_id, host, paths, requested_at, next_at) values ($1, $2, $3, $4, $5, $5)
on conflict (call_id) do update set next_at = excluded.next_at, swept = false
where erasures.org_id = excluded.org_id;

-- name: due_erasures
-- system: the keeper works for every organisation
select call_id, org_id, host, paths, swept, requested_at, attempts, last_error from erasures
where next_at <= $1 order by next_at limit $2;

-- name: count_erasures
-- system: a figure of the whole runtime
select count(*) as waiting from erasures where not swept;

-- name: list_erasures
select call_id, org_id, host, paths, swept, requested_at, attempts, last_error from erasures
where org_id = $1 and not swept order by requested_at, call_id limit $2;

-- name: postpone_erasure
update erasures set attempts = attempts + 1, next_at = $3, last_error = $4 where call_id = $1 and org_id = $2;

-- name: sweep_erasure
update erasures set swept = true, next_at = $3, last_error = '' where call_id = $1 and org_id = $2;

-- name: end_erasure
delete from erasures where call_id = $1 and org_id = $2;

-- name: call_numbers
-- system: tombstones of every organisation are applied to a database that was restored
select id, org_id, from_uri, to_uri, transfers::text as transfers, status, created_at,
       (select coalesce(string_agg(data::text, ' '), '') from timeline
        where timeline.call_id = calls.id
          and timeline.kind in ('call.created', 'call.facts', 'dial.attempt')) as facts
from calls where id > $1 order by id limit $2;
