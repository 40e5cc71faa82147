-- name: begin_request
-- A key is free when it was never used, was used a day ago, or by a request of the same kind that never ended.
insert into idempotency (org_id, key, fingerprint, began_at) values ($1, $2, $3, $4)
on conflict (org_id, key) do update
set fingerprint = excluded.fingerprint, began_at = excluded.began_at, answer = null
where idempotency.began_at < $5
   or (idempotency.answer is null and idempotency.began_at < $6 and idempotency.fingerprint = any ($7::text[]))
returning key

-- name: get_request
select fingerprint, answer from idempotency where org_id = $1 and key = $2

-- name: finish_request
update idempotency set answer = $3 where org_id = $1 and key = $2 and answer is null

-- name: abandon_request
delete from idempotency where org_id = $1 and key = $2 and answer is null

-- name: forget_requests
-- system: nobody asks for it
delete from idempotency where began_at < $1
