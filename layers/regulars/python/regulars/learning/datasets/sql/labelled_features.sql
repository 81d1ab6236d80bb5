-- The features of every cut-off with their label: churned is true when nothing was bought in the horizon after it, by the
-- person or by whom the person has become since.
-- Reads features, people and orders (as known at the dataset's own cut-off); a label that is not known yet is null.
WITH cutoffs AS (
    SELECT cutoff, CAST(epoch(CAST(cutoff AS TIMESTAMP)) AS BIGINT) AS cutoff_at
    FROM (SELECT DISTINCT cutoff FROM features)
),

successors AS (
    SELECT DISTINCT cutoff, profile_id, successor
    FROM people
    JOIN cutoffs ON since <= cutoff_at AND cutoff_at < until
    WHERE profile_id <> successor
),

purchases AS (
    SELECT DISTINCT cutoff, profile_id AS successor, true AS has_bought
    FROM cutoffs
    JOIN orders ON happened >= cutoff_at AND happened < cutoff_at + $horizon_days * 86400
    WHERE NOT cancelled
)

SELECT
    features.*,
    CASE WHEN split = 'train' THEN has_bought IS NULL END AS churned
FROM features
LEFT JOIN successors USING (profile_id, cutoff)
LEFT JOIN purchases
    ON purchases.cutoff = features.cutoff
    AND purchases.successor = coalesce(successors.successor, features.profile_id)
ORDER BY cutoff, split, profile_id
