-- The events that were known before $cutoff, with their person as of that time, null where they name nobody.
-- Reads recorded_events and people; makes events.
CREATE OR REPLACE TEMP TABLE events AS
SELECT recorded_events.* EXCLUDE (statement, known_at), subject, trust, profile_id
FROM recorded_events
LEFT JOIN people ON people.statement = recorded_events.statement AND since <= $cutoff AND $cutoff < until
WHERE known_at < $cutoff;
