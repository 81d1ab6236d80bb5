-- Every line of every order that stands. Reads orders and lines.
SELECT
    profile_id,
    product_id,
    order_key,
    min(happened) AS occurred_at,
    CAST(sum(quantity) AS BIGINT) AS quantity,
    CAST(sum(quantity * coalesce(price, 0)) AS BIGINT) AS amount
FROM orders
JOIN lines ON lines.event_id = orders.basket
WHERE NOT cancelled
GROUP BY profile_id, product_id, order_key
ORDER BY occurred_at, order_key, product_id
