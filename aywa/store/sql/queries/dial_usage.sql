-- name: load_day
select scope, day, calls, seconds from dial_usage where day = $1 order by scope

-- name: save_day
insert into dial_usage (scope, day, calls, seconds) values ($1, $2, $3, $4)
on conflict (scope, day) do update set
    calls = greatest(dial_usage.calls, excluded.calls),
    seconds = greatest(dial_usage.seconds, excluded.seconds)

-- name: forget_before
delete from dial_usage where day < $1
