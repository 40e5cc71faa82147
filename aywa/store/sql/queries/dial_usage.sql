-- name: load_day
-- system: a trunk's limits count for everybody
select scope, day, calls, seconds from dial_usage where day = $1 order by scope

-- name: save_day
-- system: a trunk's limits count for everybody
insert into dial_usage (scope, day, calls, seconds) values ($1, $2, $3, $4)
on conflict (scope, day) do update set
    calls = greatest(dial_usage.calls, excluded.calls),
    seconds = greatest(dial_usage.seconds, excluded.seconds)

-- name: forget_before
-- system: a trunk's limits count for everybody
delete from dial_usage where day < $1
