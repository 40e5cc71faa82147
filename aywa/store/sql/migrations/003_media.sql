-- How a call sounded: codec, loss, jitter, round trip and MOS of both directions.

alter table calls add column media jsonb;
