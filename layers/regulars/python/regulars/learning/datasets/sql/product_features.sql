-- Which products each person bought before $cutoff, and how other people buy these products again.
-- Reads orders and order_lines; makes product_features, one row a person with a purchase.
CREATE OR REPLACE TEMP TABLE product_purchases AS
SELECT
    profile_id,
    product_id,
    min(category) AS category,
    count(*) AS times,
    CAST(sum(quantity) AS BIGINT) AS quantity,
    CAST(sum(amount) AS BIGINT) AS amount,
    min(happened) AS first_at,
    max(happened) AS last_at
FROM orders
JOIN order_lines ON order_lines.event_id = orders.basket
WHERE NOT cancelled
GROUP BY profile_id, product_id;

-- Five buyers are added to each denominator, which shrinks the rates of products with few buyers towards 0.
CREATE OR REPLACE TEMP TABLE product_statistics AS
SELECT
    product_id,
    count(*) AS buyers,
    count(*) FILTER (WHERE times > 1) / (count(*) + 5.0) AS rebuy_rate,
    (count(*) FILTER (WHERE $cutoff - last_at <= 30 * 86400)) / (count(*) + 5.0) AS trend,
    sum(last_at - first_at) / greatest(1, sum(times - 1)) AS rebuy_gap
FROM product_purchases
GROUP BY product_id;

CREATE OR REPLACE TEMP TABLE product_features AS
SELECT
    profile_id,
    count(*) AS products,
    count(DISTINCT nullif(category, '')) AS categories,
    CAST(sum(quantity) AS BIGINT) AS quantity,
    sum(times - 1) / sum(times) AS rebuy_share,
    sum(CAST(1e6 * rebuy_rate AS BIGINT)) / count(*) / 1e6 AS product_loyalty,
    sum(CAST(1e6 * trend AS BIGINT)) / count(*) / 1e6 AS product_trend,
    sum(CAST(1e6 * ln(buyers) AS BIGINT)) / count(*) / 1e6 AS product_popularity,
    count(*) FILTER (WHERE times > 1 AND ($cutoff - last_at) BETWEEN 0.5 * own_gap AND 1.5 * own_gap) AS due_products,
    count(*) FILTER (WHERE rebuy_gap > 0 AND ($cutoff - last_at) <= rebuy_gap) / count(*) AS stocked_share,
    CAST(sum(amount) AS BIGINT) / greatest(1, sum(quantity)) AS price_mean
FROM (
    SELECT
        *,
        (last_at - first_at) / greatest(1, times - 1) AS own_gap
    FROM product_purchases
    JOIN product_statistics USING (product_id)
)
GROUP BY profile_id;
