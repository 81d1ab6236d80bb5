-- Every line of every order that is not cancelled. Reads orders and order_lines.
SELECT
    profile_id,
    product_id,
    order_key,
    happened AS occurred_at,
    quantity,
    amount
FROM orders
JOIN order_lines ON order_lines.event_id = orders.basket
WHERE NOT cancelled
ORDER BY occurred_at, order_key, product_id
