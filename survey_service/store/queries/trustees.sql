-- name: insert_preparation
-- A round that waits for its trustees' passphrases.
INSERT INTO preparation (round_id, survey_id, rehearsal, threshold, trustees, opens_at, closes_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: select_preparation
-- One round that waits for its trustees' passphrases.
SELECT round_id, survey_id, rehearsal, threshold, trustees, opens_at, closes_at
FROM preparation
WHERE round_id = $1;

-- name: list_preparations
-- All rounds that wait for their trustees' passphrases.
SELECT round_id, survey_id, rehearsal, threshold, trustees, opens_at, closes_at FROM preparation ORDER BY round_id;

-- name: delete_preparation
-- The round has its keys, or is given up before it had any.
DELETE FROM preparation WHERE round_id = $1 RETURNING round_id;

-- name: insert_trustees
-- Who holds shares of a round's key, in their order.
INSERT INTO trustee (round_id, place, email)
SELECT $1, place - 1, email FROM unnest($2::text []) WITH ORDINALITY AS named (email, place);

-- name: select_trustees
-- Who holds shares of a round's key, and whether they have proven that they can.
SELECT place, email, proven FROM trustee WHERE round_id = $1 ORDER BY place;

-- name: mark_proven
-- A trustee has opened their share before the round opens.
UPDATE trustee SET proven = true WHERE round_id = $1 AND place = $2;

-- name: rounds_of_trustee
-- The rounds of which somebody holds a share.
SELECT round_id FROM trustee WHERE email = $1;

-- name: count_sealed
-- How many sealed responses are still there.
SELECT count(*) FROM sealed_response WHERE round_id = $1;

-- name: hold_giving
-- Lets one trustee of a round at a time give their share.
SELECT pg_advisory_lock(hashtextextended('giving ' || $1, 0));

-- name: leave_giving
-- Lets the next one in.
SELECT pg_advisory_unlock(hashtextextended('giving ' || $1, 0));
