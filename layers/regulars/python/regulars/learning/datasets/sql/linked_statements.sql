-- The other statements, each with the events on which its facts depend at any time.
SELECT statement, known_at, id, received_at, source, trust, provider, is_alias, subjects
FROM statement_records
JOIN statements USING (statement)
WHERE NOT is_lone
