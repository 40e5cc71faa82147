-- name: create_resource
-- Whatever is in the way, nothing is written; which of the two it was is asked afterwards.
insert into resources (
    org_id, kind, id, body, sealed, unique_key, refs, version, created_at, updated_at
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict do nothing
returning id

-- name: resource_exists
select id from resources where org_id = $1 and id = $2

-- name: lock_referenced
-- Held until the transaction ends: what is named cannot be deleted meanwhile.
select id, kind from resources where org_id = $1 and id = any ($2::uuid[]) order by id for key share

-- name: get_resource
select * from resources where org_id = $1 and kind = $2 and id = $3

-- name: list_resources
select * from resources
where org_id = $1 and kind = $2
  and ($4::timestamptz is null or created_at > $4)
  and ($5::timestamptz is null or created_at >= $5)
  and ($6::timestamptz is null or created_at < $6)
  and ($7::timestamptz is null or created_at <= $7)
  and ($8::timestamptz is null or updated_at > $8)
  and ($9::timestamptz is null or updated_at >= $9)
  and ($10::timestamptz is null or updated_at < $10)
  and ($11::timestamptz is null or updated_at <= $11)
  and ($12::timestamptz is null or (created_at, id) < ($12, $13::uuid))
order by created_at desc, id desc
limit $3

-- name: replace_resource
update resources
set body = $4, sealed = $5, unique_key = $6, refs = $7, version = version + 1, updated_at = $9
where org_id = $1 and kind = $2 and id = $3 and version = $8
returning *

-- name: lock_resource
select id from resources where org_id = $1 and kind = $2 and id = $3 for update

-- name: referring
select kind, id, body ->> 'name' as name from resources
where org_id = $1 and refs @> array[$2::uuid] and id <> $2
order by created_at limit 1

-- name: delete_resource
delete from resources where org_id = $1 and kind = $2 and id = $3 returning *

-- name: find_resource
-- system: a call that comes in names no organisation
select * from resources where kind = $1 and unique_key = $2

-- name: forget_call_servers
-- system: retention is the same for every organisation
delete from resources where kind = 'call-server' and created_at < $1

-- name: sealed_otherwise
-- system: the store's keys are everybody's
select * from resources where sealed is not null and sealed ->> 'keyId' <> $1 order by id limit $2

-- name: reseal_resource
update resources set sealed = $4 where org_id = $1 and id = $2 and sealed = $3
