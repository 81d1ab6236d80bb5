-- When, how often and for how much each person bought before $cutoff.
-- Reads orders; makes purchase_features, one row a person with a purchase.
-- Orders of one day are one purchase day: gaps are between days. Money is summed in the shop's own currency only.
-- Sums are of integers (decayed ones in millionths), so that the order of rows changes no byte.
CREATE OR REPLACE TEMP TABLE purchase_features AS
WITH valid_orders AS (
    SELECT *, CASE WHEN currency = $currency THEN net ELSE 0 END AS money, ($cutoff - happened) / 86400.0 AS age
    FROM orders
    WHERE NOT cancelled
),

days AS (
    SELECT profile_id, happened // 86400 AS day, min(age) AS age FROM valid_orders GROUP BY ALL
),

gaps AS (
    SELECT profile_id, day, CAST(day - lag(day) OVER (PARTITION BY profile_id ORDER BY day) AS BIGINT) AS gap
    FROM days
),

rhythm AS (
    SELECT
        profile_id,
        count(*) AS purchase_days,
        count(DISTINCT (CAST($cutoff AS BIGINT) // 86400 - day) // 30) AS months_active,
        sum(gap) / count(gap) AS gap_mean,
        sqrt(greatest(0, sum(gap * gap) / count(gap) - (sum(gap) / count(gap)) * (sum(gap) / count(gap)))) AS gap_std,
        arg_max(gap, day) AS gap_last
    FROM gaps
    GROUP BY profile_id
),

aggregated AS (
    SELECT
        profile_id,
        min(age) AS recency_days,
        max(age) AS tenure_days,
        count(*) AS orders,
        any_value(purchase_days) AS purchase_days,
        CAST(sum(money) AS BIGINT) AS money,
        sum(money) / count(*) AS basket_mean,
        arg_min(money, (age, order_key)) AS basket_last,
        CAST(sum(CASE WHEN age <= 90 THEN money ELSE 0 END) AS BIGINT) AS money_90,
        count(*) FILTER (WHERE age <= 30) AS orders_30,
        count(*) FILTER (WHERE age <= 90) AS orders_90,
        count(*) FILTER (WHERE age > 90 AND age <= 180) AS orders_90_before,
        sum(CAST(1e6 * power(2, -age / 30) AS BIGINT)) / 1e6 AS orders_decayed_30,
        sum(CAST(1e6 * power(2, -age / 90) AS BIGINT)) / 1e6 AS orders_decayed_90,
        sum(CAST(money * power(2, -age / 90) AS BIGINT)) / 1.0 AS money_decayed_90,
        any_value(months_active) AS months_active,
        coalesce(any_value(gap_mean), $horizon_days) AS gap_mean,
        coalesce(any_value(gap_std), 0) AS gap_std,
        coalesce(any_value(gap_last), $horizon_days) AS gap_last,
        min(age) / greatest(1, coalesce(any_value(gap_mean), $horizon_days)) AS overdue,
        count(DISTINCT channel) AS channels,
        count(*) FILTER (WHERE channel = 'web') / count(*) AS web_share,
        count(*) FILTER (WHERE refunded > 0) / count(*) AS refund_share,
        count(*) FILTER (WHERE currency <> $currency) / count(*) AS foreign_share
    FROM valid_orders
    JOIN rhythm USING (profile_id)
    GROUP BY profile_id
)

-- The last six columns compare a person with their own past. A rate is shrunk towards few purchases while the history is
-- short. The chances are those of no purchase of a Poisson process with that rate: exp(-rate * days).
SELECT
    * EXCLUDE (rate),
    orders * $horizon_days / (tenure_days + $horizon_days / 3.0) AS pace,
    recency_days / (tenure_days + $horizon_days / 6.0) AS idle_share,
    gap_last / (gap_mean + 1) AS gap_growth,
    orders_90 / (orders_90_before + 1) AS orders_growth,
    exp(-rate * $horizon_days) AS quiet_chance,
    exp(-rate * recency_days) AS silence_chance
FROM (SELECT *, (purchase_days - 0.5) / (tenure_days + $horizon_days / 2.0) AS rate FROM aggregated);
