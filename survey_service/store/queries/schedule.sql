-- name: take_schedule
-- Whether this session may run what is due; one at a time may.
SELECT pg_try_advisory_lock(1937077874);

-- name: leave_schedule
-- Lets the next session run what is due.
SELECT pg_advisory_unlock(1937077874);

-- name: list_scheduled_deeds
-- What the schedule has done for a round.
SELECT deed, number FROM scheduled_deed WHERE round_id = $1;

-- name: note_scheduled_deed
-- The schedule has done this for a round; nothing where it had before.
INSERT INTO scheduled_deed (round_id, deed, number) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
RETURNING round_id;

-- name: select_created_at
-- When a survey was set up.
SELECT created_at FROM survey WHERE survey_id = $1;

-- name: list_planned_times
-- The planned times of a survey that are taken, each with the round it has become.
SELECT planned_for, round_id FROM planned_time WHERE survey_id = $1 ORDER BY planned_for;

-- name: take_planned_time
-- A planned time becomes this round; nothing where it has become one before.
INSERT INTO planned_time (survey_id, planned_for, round_id) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
RETURNING survey_id;

-- name: rounds_between
-- A survey's rounds, also those that wait for passphrases, that are open at some time between $2 and $3; no rehearsals.
SELECT r.round_id
FROM round AS r
WHERE r.survey_id = $1 AND NOT r.rehearsal AND r.stage <> 'lost' AND r.opens_at <= $3 AND r.closes_at >= $2
UNION ALL
SELECT p.round_id
FROM preparation AS p
WHERE
    p.survey_id = $1 AND NOT p.rehearsal AND coalesce(p.opens_at, clock()) <= $3
    AND coalesce(p.closes_at, 'infinity'::timestamptz) >= $2;
