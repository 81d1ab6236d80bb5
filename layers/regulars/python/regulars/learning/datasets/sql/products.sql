-- Every product sold: its newest name, category and price, and its numbers of orders and buyers.
-- Reads orders and order_lines.
SELECT
    product_id,
    coalesce(arg_max(nullif(name, ''), (happened, order_key, name)), '') AS name,
    coalesce(arg_max(nullif(category, ''), (happened, order_key, category)), '') AS category,
    arg_max(price, (happened, order_key, price)) AS price,
    arg_max(currency, (happened, order_key)) AS currency,
    count(DISTINCT order_key) AS orders,
    count(DISTINCT profile_id) AS buyers,
    min(happened) AS first_sold,
    max(happened) AS last_sold
FROM orders
JOIN order_lines ON order_lines.event_id = orders.basket
WHERE NOT cancelled
GROUP BY product_id
ORDER BY product_id
