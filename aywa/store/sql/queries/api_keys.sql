-- name: find_key
-- system: whose key it is comes out of the row
select * from api_keys where digest = $1;

-- name: use_key
-- system: whose key it is comes out of the row
update api_keys set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2);

-- name: insert_key
insert into api_keys (id, org_id, kind, name, hint, digest, scopes, created_at, created_by, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: get_key
select * from api_keys where id = $1 and org_id = $2;

-- name: list_keys
select * from api_keys
where org_id = $1
  and ($3::timestamptz is null or created_at < $3 or (created_at = $3 and id > $4::uuid))
order by created_at desc, id limit $2;

-- name: end_key
-- A key that has ended before stays ended then.
update api_keys
set revoked_at = case when $3 then least(revoked_at, $4) else revoked_at end,
    expires_at = case when $3 then expires_at else least(expires_at, $4) end
where id = $1 and org_id = $2
returning *;

-- name: get_unbound_key
-- system: a key of no organisation
select * from api_keys where id = $1 and org_id is null;

-- name: list_unbound_keys
-- system: keys of no organisation
select * from api_keys
where org_id is null
  and ($2::timestamptz is null or created_at < $2 or (created_at = $2 and id > $3::uuid))
order by created_at desc, id limit $1;

-- name: end_unbound_key
-- system: a key of no organisation
update api_keys
set revoked_at = case when $2 then least(revoked_at, $3) else revoked_at end,
    expires_at = case when $2 then expires_at else least(expires_at, $3) end
where id = $1 and org_id is null
returning *;
