-- Every order as it was known before $cutoff: its newest snapshot, and the union of its refunds by their ids.
CREATE OR REPLACE TEMP TABLE orders AS
WITH snapshots AS (
    SELECT *, row_number() OVER (PARTITION BY order_key ORDER BY version DESC, event_id DESC) AS age
    FROM told
    WHERE order_key IS NOT NULL AND refund_id = '' AND happened < $cutoff
),

baskets AS (
    SELECT order_key, event_id AS basket
    FROM (
        SELECT
            order_key,
            event_id,
            row_number() OVER (PARTITION BY order_key ORDER BY version DESC, event_id DESC) AS age
        FROM told
        WHERE order_key IS NOT NULL AND has_items AND refund_id = '' AND happened < $cutoff
    )
    WHERE age = 1
),

refunds AS (
    SELECT order_key, sum(refunded) AS refunded, bool_or(refunded_all) AS refunded_all
    FROM (
        SELECT order_key, refund_id, max(refunded) AS refunded, bool_or(refunded_all) AS refunded_all
        FROM told
        WHERE order_key IS NOT NULL AND refund_id <> '' AND happened < $cutoff
        GROUP BY order_key, refund_id
    )
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
    CAST(least(total, CASE WHEN refunds.refunded_all THEN total ELSE coalesce(refunds.refunded, 0) END) AS BIGINT)
        AS refunded,
    CAST(
        CASE
            WHEN cancelled OR refunds.refunded_all THEN 0
            ELSE greatest(0, total - coalesce(refunds.refunded, 0))
        END AS BIGINT
    ) AS net
FROM snapshots
LEFT JOIN refunds USING (order_key)
LEFT JOIN baskets USING (order_key)
WHERE age = 1;
