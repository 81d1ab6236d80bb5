-- Every line of every order that stands. Reads orders and lines.
SELECT
    profile_id,
    product_id,
    order_key,
    happened AS occurred_at,
    quantity,
    amount
FROM orders
JOIN lines ON lines.event_id = orders.basket
WHERE NOT cancelled
ORDER BY occurred_at, order_key, product_id
