-- name: insert_release
-- Adds a release to those of the round.
INSERT INTO release (round_id, number, document)
SELECT $1, coalesce(max(number), 0) + 1, $2 FROM release WHERE round_id = $1
RETURNING number;

-- name: select_release
-- The release in force.
SELECT number, document
FROM release
WHERE round_id = $1 AND NOT withdrawn
ORDER BY number DESC
LIMIT 1;

-- name: withdraw_releases
-- Takes every release of the round off the pages; it stays in the record.
UPDATE release SET withdrawn = true WHERE round_id = $1 AND NOT withdrawn;

-- name: mark_released
-- The tables of the round may be read.
UPDATE round SET stage = 'released' WHERE round_id = $1 AND stage = 'unsealed' RETURNING round_id;

-- name: mark_withdrawn
-- The tables of the round may no longer be read.
UPDATE round SET stage = 'unsealed' WHERE round_id = $1 AND stage = 'released' RETURNING round_id;
