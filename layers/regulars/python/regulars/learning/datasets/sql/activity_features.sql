-- What each person did before $cutoff besides buying: visits, carts, mail, messages.
-- Reads events as of the same cut-off; makes activity_features, one row a person with an event.
CREATE OR REPLACE TEMP TABLE activity_features AS
WITH activities AS (
    SELECT
        profile_id,
        ($cutoff - happened) / 86400.0 AS age,
        happened // 86400 AS day,
        type IN (
            'Page Viewed', 'Screen Viewed', 'Product Viewed', 'Product List Viewed', 'Products Searched', 'Product Clicked'
        ) AS visit,
        type IN ('Product Added', 'Cart Viewed', 'Checkout Started') AS cart,
        type = 'Email Opened' AS opened,
        type IN ('Email Link Clicked', 'Email Clicked') AS clicked,
        type IN ('Message Received', 'Form Submitted', 'Support Ticket Created', 'Product Reviewed') AS wrote
    FROM events
    WHERE profile_id IS NOT NULL
)

SELECT
    profile_id,
    count(DISTINCT day) FILTER (WHERE visit AND age <= 30) AS visit_days_30,
    count(DISTINCT day) FILTER (WHERE visit AND age <= 90) AS visit_days_90,
    coalesce(min(age) FILTER (WHERE visit), 0) AS visit_recency_days,
    count(*) FILTER (WHERE cart AND age <= 30) AS carts_30,
    count(*) FILTER (WHERE opened AND age <= 90) AS mails_opened_90,
    count(*) FILTER (WHERE clicked AND age <= 90) AS mails_clicked_90,
    count(*) FILTER (WHERE wrote AND age <= 90) AS messages_90
FROM activities
GROUP BY profile_id;
