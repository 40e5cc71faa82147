-- name: discover
-- system: files are read for every organisation
insert into knowledge_files (file_id, org_id, model, next_at)
select id, org_id, '', now()
from resources
where kind = 'file' and body ->> 'mimetype' like any ($1::text[])
    and not exists (select from knowledge_files where file_id = resources.id)
on conflict do nothing;

-- name: take
-- system: as above
with due as (
    select file_id, model as before from knowledge_files
    where (state = 'waiting' or model <> $1) and next_at <= now()
    order by next_at limit 1
    for update skip locked
)
update knowledge_files as known
set model = $1, next_at = $2, tries = case when due.before = $1 then known.tries else 0 end,
    state = case when known.state = 'failed' then 'waiting' else known.state end
from due, resources
where known.file_id = due.file_id and resources.id = due.file_id
returning known.file_id, known.org_id, known.tries, resources.body ->> 'name' as name,
    resources.body ->> 'mimetype' as mimetype;

-- name: hold
-- system: as above
select file_id from knowledge_files where file_id = $1 for update;

-- name: forget_pieces
-- system: as above
delete from knowledge_passages where file_id = $1;

-- name: keep_pieces
-- system: as above
insert into knowledge_passages (file_id, org_id, position, model, language, heading, text, words)
select $1, $2, given.place - 1, $3, $4, given.heading, given.text,
    setweight(to_tsvector($4::text::regconfig, given.heading), 'A')
    || setweight(to_tsvector($4::text::regconfig, given.text), 'B')
from unnest($5::text[], $6::text[]) with ordinality as given (heading, text, place);

-- name: keep_vectors
-- system: as above
insert into knowledge_vectors (file_id, org_id, position, model, embedding)
select $1, $2, given.place - 1, $3, given.embedding::vector
from unnest($4::text[]) with ordinality as given (embedding, place);

-- name: settle
-- system: as above
update knowledge_files
set state = $2, model = $3, language = $4, passages = $5, error = $6, tries = 0, settled_at = $7
where file_id = $1;

-- name: put_off
-- system: as above
update knowledge_files set state = 'waiting', error = $2, tries = $3, next_at = $4 where file_id = $1;

-- name: reading
select * from knowledge_files where org_id = $1 and file_id = $2;

-- name: search_words
with asked as (
    select language, asked.lexeme, quote_literal(asked.lexeme)::tsquery as word
    from (select distinct language from knowledge_files where org_id = $1 and file_id = any ($2::uuid[])) as used,
        unnest(to_tsvector(language::regconfig, $3)) as asked
),
matches as (
    select pieces.file_id, pieces.position, asked.lexeme,
        case when ts_filter(pieces.words, '{a}') @@ asked.word then 1.6 else 1.0 end as weight,
        count(*) over (partition by asked.lexeme) as pieces_with_it, length(pieces.words) as words
    from knowledge_passages as pieces join asked on asked.language = pieces.language and pieces.words @@ asked.word
    where pieces.org_id = $1 and pieces.file_id = any ($2::uuid[])
),
-- what is rare tells more, and a match in a short piece too (as in BM25, but for how often)
ranked as (
    select file_id, position,
        sum(weight * ln(1 + (select count(*) from knowledge_passages where org_id = $1 and file_id = any ($2::uuid[]))
            ::float8 / pieces_with_it)) / (1 + 0.1 * ln(1 + max(words))) as score
    from matches group by file_id, position
)
select pieces.file_id, pieces.position, pieces.heading, pieces.text, resources.body ->> 'name' as name, ranked.score
from ranked
join knowledge_passages as pieces using (file_id, position)
join resources on resources.id = pieces.file_id and resources.org_id = $1
where pieces.org_id = $1
order by ranked.score desc, file_id, position
limit $4;

-- name: search_meaning
select pieces.file_id, pieces.position, pieces.heading, pieces.text, resources.body ->> 'name' as name,
    1 - (near.embedding <=> $3::text::vector) as score
from (
    select file_id, position, embedding from knowledge_vectors
    where org_id = $1 and file_id = any ($2::uuid[]) and model = $5
    order by embedding <=> $3::text::vector, file_id, position
    limit $4
) as near
join knowledge_passages as pieces using (file_id, position)
join resources on resources.id = pieces.file_id and resources.org_id = $1
where pieces.org_id = $1
order by score desc, file_id, position;
