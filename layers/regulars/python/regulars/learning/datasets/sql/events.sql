-- Load the lake's events, each once, with the person that they belong to, and their items by product.
-- Reads directory(subject, profile_id); makes events and order_lines. It leaves out test events and events of unknown subjects.
CREATE TABLE raw_events AS
SELECT event.*
FROM (
    SELECT *, row_number() OVER (PARTITION BY id ORDER BY received_at) AS copy
    FROM read_json(
        $objects,
        format = 'newline_delimited',
        ignore_errors = true,
        maximum_object_size = 1048576,
        columns = {
            'id': 'VARCHAR', 'type': 'VARCHAR', 'channel': 'VARCHAR', 'occurred_at': 'VARCHAR', 'received_at': 'VARCHAR',
            'subjects': 'VARCHAR[]', 'currency': 'VARCHAR', 'test': 'BOOLEAN', 'order': 'JSON',
            'items': 'STRUCT(product_id VARCHAR, name VARCHAR, category VARCHAR, quantity BIGINT, price BIGINT)[]'
        }
    )
) AS event
WHERE copy = 1 AND id IS NOT NULL AND NOT coalesce(test, false);

CREATE TABLE events AS
SELECT
    id AS event_id,
    profile_id,
    type,
    channel,
    happened,
    order_key,
    version,
    least(coalesce(placed_at, happened), happened) AS placed_at,
    status = 'cancelled' AS cancelled,
    total,
    -- A refund without an amount in the event is 0; an explicit null is the whole total.
    refund_id,
    refunded,
    refund_type = 'NULL' AS refunded_all,
    currency,
    has_items
FROM (
    SELECT
        id,
        profile_id,
        type,
        channel,
        CAST(floor(epoch(CAST(occurred_at AS TIMESTAMP))) AS BIGINT) AS happened,
        "order" ->> '$.key' AS order_key,
        coalesce("order" ->> '$.version', '') AS version,
        CAST(floor(epoch(TRY_CAST(nullif("order" ->> '$.placed_at', '') AS TIMESTAMP))) AS BIGINT) AS placed_at,
        coalesce("order" ->> '$.status', 'placed') AS status,
        coalesce(CAST("order" ->> '$.total' AS BIGINT), 0) AS total,
        coalesce("order" ->> '$.refund_id', '') AS refund_id,
        coalesce(CAST("order" ->> '$.refunded' AS BIGINT), 0) AS refunded,
        coalesce(json_type("order", '$.refunded'), 'NONE') AS refund_type,
        coalesce(nullif("order" ->> '$.currency', ''), currency, '') AS currency,
        coalesce(len(items), 0) > 0 AS has_items
    FROM raw_events
    JOIN directory ON directory.subject = raw_events.subjects[1]
    WHERE TRY_CAST(occurred_at AS TIMESTAMP) < to_timestamp($cutoff) AT TIME ZONE 'UTC'
);

-- One line a product, even where an order lists it twice.
CREATE TABLE order_lines AS
SELECT
    event_id,
    item.product_id AS product_id,
    max(coalesce(item.name, '')) AS name,
    max(coalesce(item.category, '')) AS category,
    CAST(sum(coalesce(item.quantity, 1)) AS BIGINT) AS quantity,
    CAST(sum(coalesce(item.quantity, 1) * coalesce(item.price, 0)) AS BIGINT) AS amount,
    max(item.price) AS price
FROM (
    SELECT id AS event_id, unnest(items) AS item
    FROM raw_events
    WHERE id IN (SELECT event_id FROM events WHERE order_key IS NOT NULL AND has_items)
)
GROUP BY event_id, item.product_id;

DROP TABLE raw_events;
