-- name: begin_work
-- Takes on a round's tabulation; returns nothing while a process that still lives is at it.
INSERT INTO tabulation_work AS w (round_id)
VALUES ($1)
ON CONFLICT (round_id) DO UPDATE
SET started_at = now(), seen_at = now(), is_done = false, refused = NULL
WHERE w.is_done OR w.seen_at < now() - $2::interval
RETURNING w.round_id;

-- name: show_life
-- The work goes on.
UPDATE tabulation_work SET seen_at = now() WHERE round_id = $1 AND NOT is_done;

-- name: end_work
-- The work is over; refused: a name of what kept it from being done.
UPDATE tabulation_work SET is_done = true, refused = $2 WHERE round_id = $1;

-- name: select_work
-- A round's tabulation as it stands: for how long it goes on if some process is at it, and what refused it at last.
SELECT
    CASE WHEN NOT is_done AND seen_at >= now() - $2::interval THEN now() - started_at END AS going_on,
    CASE WHEN is_done THEN refused ELSE 'gone' END AS refused
FROM tabulation_work
WHERE round_id = $1;
