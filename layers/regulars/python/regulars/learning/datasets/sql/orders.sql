-- Every order as it was known at the cut-off of events: its newest snapshot, and the newest state of each of its refunds.
-- Reads events; makes orders. An order counts once, for the person whom the strongest evidence names. What anybody can have
-- claimed is not counted, and what a browser reported only where no stronger source reports the order.
CREATE OR REPLACE TEMP TABLE orders AS
WITH reports AS (
    -- As Order.standing: 1 for a claim, 2 for a browser's report, 3 for that of a stronger source.
    SELECT
        *,
        CASE WHEN claimed THEN 1 WHEN by_browser THEN 2 ELSE 3 END AS standing
    FROM events
    WHERE order_key IS NOT NULL
),

holders AS (
    SELECT order_key, arg_min(profile_id, (trust, moment, subject)) AS profile_id
    FROM reports
    WHERE profile_id IS NOT NULL
    GROUP BY order_key
),

snapshots AS (
    SELECT
        * EXCLUDE (profile_id),
        min(happened) OVER (PARTITION BY order_key, standing) AS first_told,
        row_number() OVER (PARTITION BY order_key ORDER BY standing DESC, version DESC, event_id DESC) AS age
    FROM reports
    WHERE refund_id = ''
),

baskets AS (
    SELECT order_key, arg_max(event_id, (standing, version, event_id)) AS basket
    FROM reports
    WHERE NOT claimed AND refund_id = '' AND has_items
    GROUP BY order_key
),

refunds AS (
    SELECT
        order_key,
        max(standing) AS standing,
        arg_max(version, (standing, version, event_id)) AS newest_version,
        arg_max(refunded, (standing, version, event_id)) AS amount,
        arg_max(refunded_all, (standing, version, event_id)) AS is_all
    FROM reports
    WHERE NOT claimed AND refund_id <> ''
    GROUP BY order_key, refund_id
),

-- A snapshot's own figure includes the refunds before it, and also those that have failed since.
paid_back AS (
    SELECT
        snapshots.order_key,
        least(
            any_value(total),
            greatest(
                any_value(CASE WHEN refunded_all THEN total ELSE refunded END)
                - coalesce(sum(-amount) FILTER (WHERE amount < 0 AND newest_version > version), 0),
                coalesce(sum(CASE WHEN is_all THEN total ELSE greatest(0, amount) END), 0)
            )
        ) AS refunded
    FROM snapshots
    LEFT JOIN refunds ON refunds.order_key = snapshots.order_key AND refunds.standing >= snapshots.standing
    WHERE age = 1 AND NOT claimed
    GROUP BY snapshots.order_key
)

SELECT
    snapshots.order_key,
    holders.profile_id,
    channel,
    coalesce(placed_at, first_told) AS happened,
    currency,
    cancelled,
    basket,
    CAST(paid_back.refunded AS BIGINT) AS refunded,
    CAST(CASE WHEN cancelled THEN 0 ELSE greatest(0, total - paid_back.refunded) END AS BIGINT) AS net
FROM snapshots
JOIN holders USING (order_key)
JOIN paid_back USING (order_key)
LEFT JOIN baskets USING (order_key)
WHERE age = 1 AND NOT claimed;
