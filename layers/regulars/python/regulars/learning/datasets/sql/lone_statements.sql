-- The statements about people of one subject, which no statement links to others and on whom the owner decided nothing.
SELECT statement, subjects[1] AS subject, source, trust
FROM statements
WHERE is_lone
