-- name: due_recordings
-- system: retention is kept for every organisation
-- What an assistant's plan said when the call began goes before what the settings say now.
select calls.id, calls.org_id, calls.recording_path, calls.pcap_path, calls.transfers, calls.worker_id
from calls
left join timeline as plan on plan.call_id = calls.id and plan.kind = 'call.retention'
left join kept_no_longer as gone on gone.call_id = calls.id
where calls.status = 'ended' and gone.recordings_at is null
  and calls.ended_at < $1::timestamptz - coalesce((plan.data ->> 'recordingDays')::float8, $2) * interval '1 day'
order by calls.ended_at limit $3;

-- name: due_transcripts
-- system: as above
select calls.id, calls.org_id from calls
left join timeline as plan on plan.call_id = calls.id and plan.kind = 'call.retention'
left join kept_no_longer as gone on gone.call_id = calls.id
where calls.status = 'ended' and gone.transcript_at is null
  and calls.ended_at < $1::timestamptz - coalesce((plan.data ->> 'transcriptDays')::float8, $2) * interval '1 day'
order by calls.ended_at limit $3;

-- name: due_calls
-- system: as above
select calls.id, calls.org_id from calls
left join timeline as plan on plan.call_id = calls.id and plan.kind = 'call.retention'
where calls.status = 'ended'
  and calls.ended_at < $1::timestamptz - coalesce((plan.data ->> 'callDays')::float8, $2) * interval '1 day'
order by calls.ended_at limit $3;

-- name: forget_paths
update calls set recording_path = null, pcap_path = null where id = $1 and org_id = $2;

-- name: forget_words
update calls set slots = '{}' where id = any ($1::uuid[]) and org_id = $2;

-- name: delete_transcript
delete from transcript where call_id = any ($1::uuid[]) and org_id = $2;

-- name: delete_timeline
-- The plan stays: it says when the rest is due.
delete from timeline where call_id = any ($1::uuid[]) and org_id = $2 and kind <> 'call.retention';

-- name: delete_tool_runs
delete from tool_runs where call_id = any ($1::uuid[]) and org_id = $2;

-- name: delete_analyses
delete from analyses where call_id = any ($1::uuid[]) and org_id = $2;

-- name: delete_messages
delete from webhook_jobs where call_id = any ($1::uuid[]) and org_id = $2;

-- name: note_recordings
insert into kept_no_longer (call_id, org_id, recordings_at) values ($1, $2, $3)
on conflict (call_id) do update set recordings_at = excluded.recordings_at;

-- name: note_transcript
insert into kept_no_longer (call_id, org_id, transcript_at) values ($1, $2, $3)
on conflict (call_id) do update set transcript_at = excluded.transcript_at;
