-- The shop's own rhythm, currency and size as known at the cut-off. Reads orders and events; returns one row.
WITH valid_orders AS (
    SELECT * FROM orders WHERE NOT cancelled
),

gaps AS (
    SELECT day - lag(day) OVER (PARTITION BY profile_id ORDER BY day) AS gap
    FROM (SELECT DISTINCT profile_id, happened // 86400 AS day FROM valid_orders)
)

SELECT
    (SELECT quantile_disc(gap, 0.8) FROM gaps WHERE gap IS NOT NULL) AS gap,
    (SELECT min(happened) FROM valid_orders) AS first_at,
    coalesce((SELECT currency FROM valid_orders GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1), '') AS currency,
    (SELECT count(*) FROM valid_orders) AS orders,
    (SELECT count(DISTINCT profile_id) FROM valid_orders) AS buyers,
    (SELECT count(*) FROM (SELECT 1 FROM valid_orders GROUP BY profile_id HAVING count(*) > 1)) AS repeat_buyers,
    (SELECT count(DISTINCT profile_id) FROM events) AS people,
    (SELECT count(profile_id) FROM events) AS events
