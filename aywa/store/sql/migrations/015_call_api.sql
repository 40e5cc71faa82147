-- Who leads a call, what it is called, by what it goes, and who may listen to it; names are the API's.

alter table calls add column assistant_id uuid;
alter table calls add column phone_number_id uuid;
alter table calls add column name text not null default '';
alter table calls add column transport jsonb;
alter table calls add column monitor jsonb;

create index calls_of_assistant on calls (org_id, assistant_id, created_at desc) where assistant_id is not null;
create index calls_of_phone_number on calls (org_id, phone_number_id, created_at desc)
    where phone_number_id is not null;
