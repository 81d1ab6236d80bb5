-- The features of every cut-off with their label: churned is true when nothing was bought in the horizon after it.
-- Reads features and orders (as known at the dataset's own cut-off); a label that is not known yet is null.
SELECT
    features.*,
    CASE WHEN split = 'train' THEN next_at IS NULL END AS churned
FROM features
LEFT JOIN (
    SELECT profile_id, cutoff, min(happened) AS next_at
    FROM (SELECT DISTINCT cutoff, CAST(epoch(CAST(cutoff AS TIMESTAMP)) AS BIGINT) AS cutoff_at FROM features)
    JOIN orders ON happened >= cutoff_at AND happened < cutoff_at + $horizon_days * 86400
    WHERE NOT cancelled
    GROUP BY profile_id, cutoff
) USING (profile_id, cutoff)
ORDER BY cutoff, split, profile_id
