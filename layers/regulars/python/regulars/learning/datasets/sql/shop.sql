-- The shop's own rhythm and money, from the orders known at the cut-off. Reads orders; answers one row.
WITH kept AS (
    SELECT * FROM orders WHERE NOT cancelled
),

gaps AS (
    SELECT day - lag(day) OVER (PARTITION BY profile_id ORDER BY day) AS gap
    FROM (SELECT DISTINCT profile_id, happened // 86400 AS day FROM kept)
)

SELECT
    (SELECT quantile_disc(gap, 0.8) FROM gaps WHERE gap IS NOT NULL) AS gap,
    (SELECT min(happened) FROM kept) AS first_at,
    coalesce((SELECT currency FROM kept GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1), '') AS currency,
    (SELECT count(*) FROM kept) AS orders,
    (SELECT count(DISTINCT profile_id) FROM kept) AS buyers,
    (SELECT count(*) FROM (SELECT 1 FROM kept GROUP BY profile_id HAVING count(*) > 1)) AS repeat_buyers,
    (SELECT count(DISTINCT profile_id) FROM told) AS people,
    (SELECT count(*) FROM told) AS events
