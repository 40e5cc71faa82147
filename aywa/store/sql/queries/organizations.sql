-- name: get_organization
select * from organizations where id = $1 and id = $2 /* own */;

-- name: find_organization
-- system: for those who administer all of them
select * from organizations where id = $1;

-- name: list_organizations
-- system: for those who administer all of them
select * from organizations
where $2::timestamptz is null or created_at < $2 or (created_at = $2 and id > $3::uuid)
order by created_at desc, id limit $1;

-- name: insert_organization
-- system: it is new
insert into organizations (id, name, created_at, updated_at) values ($1, $2, $3, $3) returning *;

-- name: rename_organization
update organizations set name = $3, updated_at = $4 where id = $1 and id = $2 /* own */ returning *;
