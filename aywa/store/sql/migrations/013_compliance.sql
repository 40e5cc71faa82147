-- What a caller was told, asked and has answered about recording, and what of the call was not recorded.

alter table calls add column compliance jsonb;
