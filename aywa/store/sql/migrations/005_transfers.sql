-- To whom a call was handed over, in which way, and what became of it.

alter table calls add column transfers jsonb not null default '[]';
