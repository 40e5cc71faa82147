-- name: summary
with chosen as (
    select case $4::text
               when 'day' then to_char(calls.created_at at time zone 'UTC', 'YYYY-MM-DD')
               when 'assistant' then coalesce(calls.costs ->> 'assistant_id', '')
               when 'endedReason' then coalesce(calls.end_code, '')
               else ''
           end as key,
           calls.started_at, calls.ended_at, calls.costs,
           coalesce((calls.costs ->> 'total')::float8, 0) + coalesce(after.cost, 0) as cost
    from calls
    left join analyses on analyses.call_id = calls.id
    left join lateral (
        select sum((item ->> 'cost')::float8) as cost
        from jsonb_array_elements(
            case when jsonb_typeof(analyses.result -> 'costs') = 'array' then analyses.result -> 'costs' else '[]' end
        ) as item
    ) as after on true
    where calls.org_id = $1 and calls.created_at >= $2 and calls.created_at < $3
),
sums as (
    select key, count(*) as calls, count(started_at) as answered,
           coalesce(sum(extract(epoch from ended_at - started_at)) / 60, 0)::float8 as minutes,
           sum(cost)::float8 as cost
    from chosen group by key
),
latencies as (
    select key, count(*) as answers,
           percentile_cont(0.5) within group (order by value::float8) as p50,
           percentile_cont(0.95) within group (order by value::float8) as p95
    from chosen,
         jsonb_array_elements_text(
             case when jsonb_typeof(costs -> 'turn_latencies_ms') = 'array' then costs -> 'turn_latencies_ms'
                  else '[]' end
         ) as value
    group by key
)
select sums.key, sums.calls, sums.answered, sums.minutes, sums.cost,
       coalesce(latencies.answers, 0) as answers, latencies.p50, latencies.p95
from sums left join latencies using (key)
order by sums.key
limit $5;
