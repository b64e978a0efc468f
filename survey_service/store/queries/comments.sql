-- name: set_verdict
-- What a reviewer has decided of a free text; the last word of each counts.
INSERT INTO comment_verdict (round_id, item_id, place, reviewer, accepted, blackened)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (round_id, item_id, place, reviewer) DO UPDATE
SET accepted = excluded.accepted, blackened = excluded.blackened;

-- name: select_verdicts
-- Every verdict on the free texts of a round.
SELECT item_id, place, reviewer, accepted, blackened
FROM comment_verdict
WHERE round_id = $1
ORDER BY item_id, place, reviewer;

-- name: delete_verdicts
-- Removes the verdicts of a round whose responses are erased.
DELETE FROM comment_verdict WHERE round_id = $1;
