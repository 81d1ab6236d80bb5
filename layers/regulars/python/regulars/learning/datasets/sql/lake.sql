-- Load the lake's events, each once; what they say about identity; and their items by product.
-- Makes recorded_events, statements, statement_records, decisions, order_lines and an empty people. Test events are left out.
-- known_at is the time from which a dataset knows an event: it has happened and was received; of history (backfill) the former
-- is enough. Events that name nobody are kept, under the statement 0, where they report an order.
CREATE TABLE raw_events AS
SELECT
    *,
    CASE WHEN is_history THEN happened ELSE greatest(happened, received) END AS known_at,
    -- As domain.identity_statements.moment_of: the milliseconds of the receipt, then 22 bits of the id, which is base64.
    received_ms * 4194304 + (
        strpos(alphabet, tie[1]) * 262144 + strpos(alphabet, tie[2]) * 4096 + strpos(alphabet, tie[3]) * 64
        + strpos(alphabet, tie[4]) - 266305
    ) // 4 AS moment
FROM (
    SELECT
        id,
        type,
        channel,
        received_at,
        coalesce(subjects, []) AS subjects,
        currency,
        "order",
        items,
        properties,
        coalesce(trust, '') AS trust,
        split_part(coalesce(source, ''), '/', 1) AS source,
        -- Which provider numbered the customer that the event names.
        CASE
            WHEN list_contains(list_transform(subjects, lambda subject: subject[1]), 'c')
                THEN split_part(coalesce("order" ->> '$.key', source, ''), '/', 1)
            ELSE ''
        END AS provider,
        coalesce(backfill, false) AS is_history,
        CAST(floor(epoch(TRY_CAST(occurred_at AS TIMESTAMP))) AS BIGINT) AS happened,
        CAST(floor(epoch(TRY_CAST(received_at AS TIMESTAMP))) AS BIGINT) AS received,
        epoch_ms(TRY_CAST(received_at AS TIMESTAMP)) AS received_ms,
        rpad(id[:4], 4, 'A') AS tie,
        'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_' AS alphabet
    FROM (
        SELECT *, row_number() OVER (PARTITION BY id ORDER BY received_at) AS copy
        FROM read_json(
            $objects,
            format = 'newline_delimited',
            ignore_errors = true,
            maximum_object_size = 1048576,
            columns = {
                'id': 'VARCHAR', 'type': 'VARCHAR', 'channel': 'VARCHAR', 'source': 'VARCHAR', 'trust': 'VARCHAR',
                'occurred_at': 'VARCHAR', 'received_at': 'VARCHAR', 'subjects': 'VARCHAR[]', 'currency': 'VARCHAR',
                'test': 'BOOLEAN', 'backfill': 'BOOLEAN', 'order': 'JSON', 'properties': 'JSON',
                'items': 'STRUCT(product_id VARCHAR, name VARCHAR, category VARCHAR, quantity BIGINT, price BIGINT)[]'
            }
        )
    )
    WHERE copy = 1 AND id IS NOT NULL AND NOT coalesce(test, false)
)
WHERE happened IS NOT NULL AND received IS NOT NULL;

CREATE TABLE decisions AS
SELECT id, known_at, received_at, source, trust, properties
FROM raw_events
WHERE type = $decision_type AND known_at < $cutoff;

-- Events that name the same subjects on the same evidence are one statement.
CREATE TABLE statements AS
WITH distinct_statements AS (
    SELECT DISTINCT subjects, trust, source, provider, type = 'Aliased' AS is_alias
    FROM raw_events
    WHERE len(subjects) > 0 AND type <> $decision_type AND known_at < $cutoff
),

linked_subjects AS (
    SELECT unnest(subjects) AS subject FROM distinct_statements WHERE len(subjects) > 1
    UNION
    SELECT unnest(list_concat(properties ->> '$.left[*]', properties ->> '$.right[*]')) FROM decisions
)

SELECT
    row_number() OVER () AS statement,
    *,
    len(subjects) = 1 AND subjects[1] NOT IN (FROM linked_subjects) AS is_lone
FROM distinct_statements;

CREATE TABLE recorded_events AS
SELECT
    id AS event_id,
    coalesce(statement, 0) AS statement,
    moment,
    type,
    channel,
    happened,
    known_at,
    order_key,
    version,
    CASE WHEN placed_at < happened THEN placed_at WHEN placed_at >= happened THEN happened END AS placed_at,
    status = 'cancelled' AS cancelled,
    claimed,
    by_browser,
    total,
    -- A refund without an amount in the event is 0; an explicit null is the whole total.
    refund_id,
    refunded,
    refund_type = 'NULL' AS refunded_all,
    currency,
    has_items
FROM (
    SELECT
        * EXCLUDE (currency),
        "order" ->> '$.key' AS order_key,
        coalesce("order" ->> '$.version', '') AS version,
        CAST(floor(epoch(TRY_CAST(nullif("order" ->> '$.placed_at', '') AS TIMESTAMP))) AS BIGINT) AS placed_at,
        coalesce("order" ->> '$.status', 'placed') AS status,
        coalesce(CAST("order" ->> '$.claimed' AS BOOLEAN), false) AS claimed,
        -- As domain.trust.trust_of: what the event says, else what its source implies.
        CASE WHEN trust = '' THEN list_contains($public_channels, source) ELSE trust NOT IN ('owner', 'verified', 'server') END
            AS by_browser,
        coalesce(CAST("order" ->> '$.total' AS BIGINT), 0) AS total,
        coalesce("order" ->> '$.refund_id', '') AS refund_id,
        coalesce(CAST("order" ->> '$.refunded' AS BIGINT), 0) AS refunded,
        coalesce(json_type("order", '$.refunded'), 'NONE') AS refund_type,
        coalesce(nullif("order" ->> '$.currency', ''), currency, '') AS currency,
        coalesce(len(items), 0) > 0 AS has_items
    FROM (SELECT *, type = 'Aliased' AS is_alias FROM raw_events WHERE type <> $decision_type)
    LEFT JOIN statements USING (subjects, trust, source, provider, is_alias)
    WHERE known_at < $cutoff AND (statement IS NOT NULL OR "order" IS NOT NULL)
);

-- The events of each statement that were received before all those known earlier: all that its facts depend on at any time.
CREATE TABLE statement_records AS
SELECT statement, known_at, id, received_at
FROM (
    SELECT
        statement,
        known_at,
        event_id AS id,
        moment,
        min(moment) OVER (
            PARTITION BY statement ORDER BY known_at, moment ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS earlier
    FROM recorded_events
    WHERE statement <> 0
)
JOIN (SELECT id, received_at FROM raw_events) USING (id)
WHERE earlier IS NULL OR moment < earlier;

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
    WHERE id IN (SELECT event_id FROM recorded_events WHERE order_key IS NOT NULL AND has_items)
)
GROUP BY event_id, item.product_id;

DROP TABLE raw_events;

-- The person of each statement at the cut-offs from `since` on, before `until`: the subject that stands for the person, the
-- trust of the statement, the id, and the id of the person that this one has become at the dataset's own cut-off.
CREATE TABLE people (
    statement BIGINT, since BIGINT, until BIGINT, subject VARCHAR, trust TINYINT, profile_id VARCHAR, successor VARCHAR
);
