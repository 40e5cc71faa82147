-- Organisations, their API keys and the log of what administrators do; every tenant's rows apart from the others'.
--
-- Row-level security is the second wall behind the `org_id = $n` of each query. What the policies go by:
--   role `aywa_tenant`   bound by every policy, as superusers and table owners would not be; sessions of the
--                        runtime have it until they say otherwise (`bridge.postgres`)
--   setting `aywa.org_id`  the organisation whose rows are seen; 'system' for work on the whole system, which
--                        the role cannot have; 'none', as sessions begin, for no row at all
-- Expand: a session of an earlier version says nothing and is taken for the system's, unless it has the role;
-- rows that it writes belong to the default organisation.

-- Roles belong to the cluster, not to the database: another one may have made it, at this very moment. A user who
-- may not make roles owns the tables instead, and FORCE binds owners.
do $$
begin
    if not exists (select from pg_roles where rolname = 'aywa_tenant') then
        create role aywa_tenant nologin nobypassrls;
    end if;
    if not (select rolsuper from pg_roles where rolname = current_user)
       and not pg_has_role(current_user, 'aywa_tenant', 'member') then
        execute format('grant aywa_tenant to %I', current_user);
    end if;
exception
    when duplicate_object or unique_violation or insufficient_privilege then
        null;
end
$$;

-- 16 and later: who makes a role may grant it, and is no member that may take it before that.
do $$
begin
    if current_setting('server_version_num')::int >= 160000
       and exists (select from pg_roles where rolname = 'aywa_tenant')
       and not pg_has_role(current_user, 'aywa_tenant', 'set') then
        execute format('grant aywa_tenant to %I', current_user);
    end if;
exception
    when insufficient_privilege then
        null;
end
$$;

create function aywa_org() returns uuid
language sql stable parallel safe
as $$
    select case when length(current_setting('aywa.org_id', true)) = 36
                then current_setting('aywa.org_id', true)::uuid end
$$;

create function aywa_is_system() returns boolean
language sql stable parallel safe
as $$
    select coalesce(current_setting('aywa.org_id', true), '') in ('', 'system') and current_user <> 'aywa_tenant'
$$;

-- Puts a table behind the wall; every table that holds a tenant's data is named to it by the migration that makes
-- it. `rights` is what a tenant's sessions may do to their own rows.
create procedure aywa_wall_in(walled regclass, rights text, org_column text default 'org_id')
language plpgsql
as $$
begin
    execute format('alter table %s enable row level security', walled);
    execute format('alter table %s force row level security', walled);
    execute format(
        'create policy tenant_rows on %s using (%2$I = aywa_org()) with check (%2$I = aywa_org())', walled, org_column
    );
    execute format(
        'create policy system_rows on %s using (aywa_is_system()) with check (aywa_is_system())', walled
    );
    if exists (select from pg_roles where rolname = 'aywa_tenant') then
        execute format('grant %s on %s to aywa_tenant', rights, walled);
    end if;
end
$$;

do $$
begin
    if exists (select from pg_roles where rolname = 'aywa_tenant') then
        execute format('grant usage on schema %I to aywa_tenant', current_schema());
    end if;
end
$$;

create table organizations (
    id          uuid primary key,
    name        text not null,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);

-- What was there before there were organisations, and what is done with the key of the environment.
insert into organizations (id, name) values ('00000000-0000-0000-0000-000000000001', 'default');

create table api_keys (
    id            uuid primary key,
    org_id        uuid references organizations (id), -- null: of no organisation, it chooses one with each request
    kind          text not null check (kind in ('runtime', 'admin')),
    name          text not null,
    hint          text not null, -- its beginning, to tell keys apart
    digest        bytea not null unique check (length(digest) = 32), -- SHA-256
    scopes        text[] not null,
    created_at    timestamptz not null,
    created_by    text not null,
    expires_at    timestamptz,
    last_used_at  timestamptz,
    revoked_at    timestamptz
);

create index api_keys_of_organization on api_keys (org_id, created_at desc, id);

-- A chain of hashes for each organisation: each row's hash is over the one before and its own columns.
create table audit (
    org_id       uuid not null references organizations (id),
    seq          bigint not null check (seq > 0),
    at           timestamptz not null,
    actor        text not null,
    action       text not null,
    target_type  text not null,
    target_id    text not null,
    request_id   text not null,
    data         jsonb not null,
    previous     bytea not null check (length(previous) = 32),
    hash         bytea not null check (length(hash) = 32),
    primary key (org_id, seq)
);

create function aywa_refuse_change() returns trigger
language plpgsql
as $$
begin
    raise exception 'rows of % are neither changed nor deleted', tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_is_append_only before update or delete on audit
    for each row execute function aywa_refuse_change();
create trigger audit_is_not_emptied before truncate on audit
    for each statement execute function aywa_refuse_change();

-- A constant default is kept beside the table: none of these rewrites it.
alter table calls add column org_id uuid not null default '00000000-0000-0000-0000-000000000001';
alter table timeline add column org_id uuid not null default '00000000-0000-0000-0000-000000000001';
alter table transcript add column org_id uuid not null default '00000000-0000-0000-0000-000000000001';
alter table dial_usage add column org_id uuid not null default '00000000-0000-0000-0000-000000000001';

create index calls_of_organization on calls (org_id, created_at desc, id);

call aywa_wall_in('organizations', 'select, update', 'id');
call aywa_wall_in('api_keys', 'select, insert, update');
call aywa_wall_in('audit', 'select, insert');
call aywa_wall_in('calls', 'select, insert, update, delete');
call aywa_wall_in('timeline', 'select, insert, update, delete');
call aywa_wall_in('transcript', 'select, insert, update, delete');
call aywa_wall_in('dial_usage', 'select');
