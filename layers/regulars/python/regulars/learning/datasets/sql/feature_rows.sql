-- One row a person as of $cutoff: all people with an event for scoring ('score'), buyers only for training ('train').
-- Reads purchase_features, product_features and activity_features as of the same cut-off.
SELECT
    activity_features.profile_id,
    strftime(to_timestamp($cutoff) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.000Z') AS cutoff,
    $split AS split,
    coalesce(COLUMNS(purchase_features.* EXCLUDE (profile_id)), 0),
    coalesce(COLUMNS(product_features.* EXCLUDE (profile_id)), 0),
    activity_features.* EXCLUDE (profile_id)
FROM activity_features
LEFT JOIN purchase_features USING (profile_id)
LEFT JOIN product_features USING (profile_id)
WHERE $split = 'score' OR purchase_features.profile_id IS NOT NULL
