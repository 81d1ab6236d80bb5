-- Every order as it was known before $cutoff: its newest snapshot, and the newest state of each of its refunds.
-- Reads events; makes orders.
CREATE OR REPLACE TEMP TABLE orders AS
WITH snapshots AS (
    SELECT *, row_number() OVER (PARTITION BY order_key ORDER BY version DESC, event_id DESC) AS age
    FROM events
    WHERE order_key IS NOT NULL AND refund_id = '' AND happened < $cutoff
),

baskets AS (
    SELECT order_key, event_id AS basket
    FROM (
        SELECT
            order_key,
            event_id,
            row_number() OVER (PARTITION BY order_key ORDER BY version DESC, event_id DESC) AS age
        FROM events
        WHERE order_key IS NOT NULL AND has_items AND refund_id = '' AND happened < $cutoff
    )
    WHERE age = 1
),

refunds AS (
    SELECT
        order_key,
        max(version) AS newest_version,
        arg_max(refunded, (version, event_id)) AS amount,
        arg_max(refunded_all, (version, event_id)) AS is_all
    FROM events
    WHERE order_key IS NOT NULL AND refund_id <> '' AND happened < $cutoff
    GROUP BY order_key, refund_id
),

-- A snapshot's own figure includes the refunds before it, and also those that have failed since.
paid_back AS (
    SELECT
        order_key,
        least(
            any_value(total),
            greatest(
                any_value(CASE WHEN refunded_all THEN total ELSE refunded END)
                - coalesce(sum(-amount) FILTER (WHERE amount < 0 AND newest_version > version), 0),
                coalesce(sum(CASE WHEN is_all THEN total ELSE greatest(0, amount) END), 0)
            )
        ) AS refunded
    FROM snapshots
    LEFT JOIN refunds USING (order_key)
    WHERE age = 1
    GROUP BY order_key
)

SELECT
    snapshots.order_key,
    profile_id,
    channel,
    placed_at AS happened,
    currency,
    cancelled,
    basket,
    CAST(paid_back.refunded AS BIGINT) AS refunded,
    CAST(CASE WHEN cancelled THEN 0 ELSE greatest(0, total - paid_back.refunded) END AS BIGINT) AS net
FROM snapshots
JOIN paid_back USING (order_key)
LEFT JOIN baskets USING (order_key)
WHERE age = 1;
