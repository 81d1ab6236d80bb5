-- One row a person as of $cutoff: everybody heard of when scoring ('score'), buyers only when learning ('train').
SELECT
    visits.profile_id,
    strftime(to_timestamp($cutoff) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.000Z') AS cutoff,
    $split AS split,
    coalesce(COLUMNS(purchases.* EXCLUDE (profile_id)), 0),
    coalesce(COLUMNS(tastes.* EXCLUDE (profile_id)), 0),
    visits.* EXCLUDE (profile_id)
FROM visits
LEFT JOIN purchases USING (profile_id)
LEFT JOIN tastes USING (profile_id)
WHERE $split = 'score' OR purchases.profile_id IS NOT NULL
