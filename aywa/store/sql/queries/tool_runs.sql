-- name: begin_tool
-- One row a run, and one a turn of the caller for the same name and arguments: of two at once one gets it.
insert into tool_runs (org_id, call_id, key, tool_call_id, print, user_turn, name, worker_id, began_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing
returning key

-- name: known_tool
select key, outcome, result from tool_runs
where org_id = $1 and call_id = $2 and (key = $3 or (user_turn = $4 and print = $5))
order by key = $3 desc limit 1

-- name: finish_tool
update tool_runs set outcome = $4, result = $5, finished_at = $6
where org_id = $1 and call_id = $2 and key = $3 and outcome is null

-- name: withdraw_tool
delete from tool_runs where org_id = $1 and call_id = $2 and key = $3 and outcome is null
