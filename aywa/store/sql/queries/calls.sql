-- name: save_call
-- system: a batch has calls of many organisations, and a call's organisation never changes
insert into calls (
    id, type, status, scenario, from_uri, to_uri, sip_call_id, created_at, updated_at, started_at, ended_at,
    end_code, end_side, end_sip_status, end_detail, slots, recording_path, worker_id,
    pcap_path, media, transfers, costs, compliance, org_id, assistant_id, phone_number_id, name, transport, monitor,
    news
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
    $24, $25, $26, $27, $28, $29, $30)
on conflict (id) do update set
    type = excluded.type, status = excluded.status, scenario = excluded.scenario,
    from_uri = excluded.from_uri, to_uri = excluded.to_uri, sip_call_id = excluded.sip_call_id,
    created_at = excluded.created_at, updated_at = excluded.updated_at,
    started_at = excluded.started_at, ended_at = excluded.ended_at,
    end_code = excluded.end_code, end_side = excluded.end_side,
    end_sip_status = excluded.end_sip_status, end_detail = excluded.end_detail,
    slots = excluded.slots, recording_path = excluded.recording_path, worker_id = excluded.worker_id,
    pcap_path = excluded.pcap_path, media = excluded.media, transfers = excluded.transfers,
    costs = excluded.costs, compliance = excluded.compliance, assistant_id = excluded.assistant_id,
    phone_number_id = excluded.phone_number_id, transport = excluded.transport, monitor = excluded.monitor,
    news = excluded.news;

-- name: get_call
select calls.*, analyses.result as analysis
from calls left join analyses on analyses.call_id = calls.id
where calls.id = $1 and calls.org_id = $2;

-- name: lock_call
-- One at a time numbers its messages.
select calls.*, (select result from analyses where analyses.call_id = calls.id) as analysis
from calls where id = $1 and org_id = $2 for update;

-- name: list_calls
select calls.*, analyses.result as analysis
from calls left join analyses on analyses.call_id = calls.id
where ($2::timestamptz is null or created_at < $2)
  and ($3::timestamptz is null or created_at <= $3)
  and ($4::timestamptz is null or created_at > $4)
  and ($5::timestamptz is null or created_at >= $5)
  and ($6::timestamptz is null or updated_at < $6)
  and ($7::timestamptz is null or updated_at <= $7)
  and ($8::timestamptz is null or updated_at > $8)
  and ($9::timestamptz is null or updated_at >= $9)
  and calls.org_id = $10
  and ($11::uuid is null or assistant_id = $11)
  and ($12::uuid is null or phone_number_id = $12)
  and ($13::timestamptz is null or created_at < $13 or (created_at = $13 and id > $14::uuid))
order by created_at desc, id
limit $1;

-- name: rename_call
update calls set name = $3, updated_at = greatest(updated_at, $4) where id = $1 and org_id = $2
returning *, (select result from analyses where analyses.call_id = calls.id) as analysis;

-- name: append_timeline
-- system: a batch has entries of many organisations
-- One statement for all: a statement for each entry costs the runtime more than everything else about it.
-- What a worker says of its call takes the place of what another has guessed while it could not be seen.
insert into timeline (call_id, seq, at_ms, kind, data, org_id)
select call_id, seq, at_ms, kind, data::jsonb, org_id
from unnest($1::uuid[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::uuid[])
    as entry (call_id, seq, at_ms, kind, data, org_id)
on conflict (call_id, seq) do update
set at_ms = excluded.at_ms, kind = excluded.kind, data = excluded.data
where timeline.data ->> 'guessed' = 'true' and excluded.data ->> 'guessed' is distinct from 'true';

-- name: timeline
select call_id, seq, at_ms, kind, data, org_id from timeline where call_id = $1 and org_id = $2 order by seq;

-- name: record
-- Everything about a call in one answer: rows of their own would cost a trip each.
select calls.*, analyses.result as analysis,
    (select json_agg(json_build_array(seq, role, text, start_ms, end_ms, interrupted) order by seq)
     from transcript where call_id = $1 and org_id = $2) as lines,
    (select json_agg(json_build_array(seq, at_ms, kind, data) order by seq) from (
        select seq, at_ms, kind, data from timeline
        where call_id = $1 and org_id = $2 and ($3::text is null or kind = $3)
        order by seq desc limit case when $3::text is not null then 1 end
    ) as entry) as entries
from calls left join analyses on analyses.call_id = calls.id
where calls.id = $1 and calls.org_id = $2;

-- name: append_transcript
-- system: a batch has lines of many organisations
insert into transcript (call_id, seq, role, text, start_ms, end_ms, interrupted, org_id)
select * from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[], $8::uuid[]
)
on conflict (call_id, seq) do nothing;

-- name: transcript
select call_id, seq, role, text, start_ms, end_ms, interrupted, org_id from transcript
where call_id = $1 and org_id = $2 order by seq;

-- name: count_ended
-- system: a figure of the whole runtime
select coalesce(end_code, '') as end_code, count(*) as calls from calls where status = 'ended' group by 1;

-- name: dead_owners
-- system: a dead worker carried calls of every organisation
-- The owners of live calls whose lock can be had, which a living worker's cannot.
with owners as materialized (
    select distinct worker_id from calls where status <> 'ended' and worker_id <> $2
      and pg_postmaster_start_time() <= now() - $3::float8 * interval '1 s'
)
select worker_id from owners where pg_try_advisory_xact_lock($1, hashtext(worker_id));

-- name: tell_lost_tools
-- system: as below
-- What the ledger knows of a lost call's tools and the timeline does not: a result that came, or that nobody knows.
insert into timeline (call_id, seq, at_ms, kind, data, org_id)
select calls.id,
       coalesce(last.seq, 0) + row_number() over (partition by calls.id order by run.began_at, run.key),
       coalesce(last.at_ms, 0),
       case when run.outcome = 'done' then 'tool.finished' else 'tool.unknown' end,
       jsonb_strip_nulls(jsonb_build_object(
           'id', run.tool_call_id, 'name', run.name, 'result', run.result, 'key', run.key, 'by', 'ledger')),
       calls.org_id
from calls
join tool_runs as run on run.call_id = calls.id and run.org_id = calls.org_id
left join lateral (
    select at_ms, seq from timeline where timeline.call_id = calls.id order by seq desc limit 1
) as last on true
where calls.status <> 'ended' and calls.worker_id = any ($1::text[]) and not exists (
    select from timeline as told
    where told.call_id = calls.id and told.kind = 'tool.finished' and told.data ->> 'id' = run.tool_call_id
)
on conflict (call_id, seq) do nothing;

-- name: end_calls_of
-- system: a dead worker carried calls of every organisation
-- A lost call ended when it last gave a sign of life, not when its loss was found.
with lost as (
    select calls.id, greatest(calls.updated_at, calls.created_at + coalesce(last.at_ms, 0) * interval '1 ms') as seen_at,
           calls.created_at, calls.org_id, coalesce(last.seq, 0) as last_seq
    from calls
    left join lateral (
        select at_ms, seq from timeline where timeline.call_id = calls.id order by seq desc limit 1
    ) as last on true
    where calls.status <> 'ended' and calls.worker_id = any ($1::text[])
),
noted as (
    insert into timeline (call_id, seq, at_ms, kind, data, org_id)
    select id, last_seq + 1, (extract(epoch from seen_at - created_at) * 1000)::bigint, 'call.ended', $2, org_id
    from lost
    on conflict (call_id, seq) do nothing
)
update calls
set status = 'ended', updated_at = $3, ended_at = lost.seen_at,
    end_code = $4, end_side = $5, end_sip_status = null, end_detail = $6
from lost
where calls.id = lost.id
returning calls.*, null::jsonb as analysis;
