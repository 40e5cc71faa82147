-- name: lock_chain
-- One writer at a time for each organisation; a row is in its place until its transaction has ended.
select pg_advisory_xact_lock($1, hashtext($2));

-- name: last_of_chain
select seq, hash from audit where org_id = $1 order by seq desc limit 1;

-- name: last_of_action
select * from audit where org_id = $1 and action = $2 order by seq desc limit 1;

-- name: append_audit
insert into audit (org_id, seq, at, actor, action, target_type, target_id, request_id, data, previous, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: list_audit
select * from audit where org_id = $1 and ($2::bigint is null or seq < $2) order by seq desc limit $3;

-- name: walk_chain
select * from audit where org_id = $1 and seq > $2 order by seq limit $3;
