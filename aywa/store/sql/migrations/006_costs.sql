-- What a call used of its providers: tokens and characters, and how much of it came to nothing.

alter table calls add column costs jsonb;
