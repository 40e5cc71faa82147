-- Whoever keeps a resource in memory hears of its change when that is committed, whoever has made it. The payload
-- has ids only: every session of the database may listen.

create function aywa_tell_change() returns trigger
language plpgsql
as $$
declare
    changed record;
begin
    if tg_op = 'DELETE' then
        changed := old;
    else
        changed := new;
    end if;
    perform pg_notify('aywa_changes', changed.org_id || '/' || changed.kind || '/' || changed.id);
    return null;
end
$$;

create trigger resources_are_told after insert or update or delete on resources
    for each row execute function aywa_tell_change();
