-- name: hold_ledger
-- Lets one transaction at a time add to the ledger.
SELECT pg_advisory_xact_lock(hashtextextended('release ledger', 0));

-- name: select_ledger_head
-- The head that the next release continues; no row where nothing was ever released.
SELECT head FROM release ORDER BY position DESC LIMIT 1;

-- name: insert_release
-- Adds a release to those of the round and to the ledger.
INSERT INTO release (round_id, number, document, position, head, for_staff)
SELECT
    $1,
    coalesce(max(number) FILTER (WHERE round_id = $1), 0) + 1,
    $2,
    coalesce(max(position), 0) + 1,
    ledger_head((SELECT last.head FROM release AS last ORDER BY last.position DESC LIMIT 1), sha256($2)),
    $3
FROM release
RETURNING position;

-- name: select_release
-- The release in force.
SELECT document
FROM release
WHERE round_id = $1 AND NOT withdrawn
ORDER BY number DESC
LIMIT 1;

-- name: is_for_staff
-- Whether the round's release in force stands on the staff's page; no row where nothing is released.
SELECT for_staff FROM release WHERE round_id = $1 AND NOT withdrawn ORDER BY number DESC LIMIT 1;

-- name: list_for_staff
-- The rounds whose release in force stands on the staff's page, the latest first.
SELECT newest.round_id
FROM (
    SELECT DISTINCT ON (release.round_id) release.round_id, release.for_staff
    FROM release
    WHERE NOT release.withdrawn
    ORDER BY release.round_id, release.number DESC
) AS newest
JOIN round ON round.round_id = newest.round_id
WHERE newest.for_staff
ORDER BY round.opens_at DESC, newest.round_id;

-- name: show_to_staff
-- Puts the round's release in force on the staff's page, or takes it off, where that changes anything.
UPDATE release
SET for_staff = $2
WHERE round_id = $1 AND NOT withdrawn AND for_staff <> $2
RETURNING round_id;

-- name: select_releases
-- Every release of a round, withdrawn ones too.
SELECT document FROM release WHERE round_id = $1 ORDER BY number;

-- name: select_release_before
-- The release in force of the survey's latest released round that opened before this one.
SELECT release.document
FROM release
JOIN round USING (round_id)
JOIN round AS this ON this.round_id = $1
WHERE
    round.survey_id = this.survey_id
    AND round.rehearsal = this.rehearsal
    AND round.opens_at < this.opens_at
    AND NOT release.withdrawn
ORDER BY round.opens_at DESC, release.number DESC
LIMIT 1;

-- name: select_releases_before
-- The release in force of each released round of the survey that opened before this one, the earliest first; rehearsals
-- beside a rehearsal only.
SELECT DISTINCT ON (round.opens_at, round.round_id)
    round.round_id, round.opens_at, round.questionnaire, release.document
FROM release
JOIN round USING (round_id)
JOIN round AS this ON this.round_id = $1
WHERE
    round.survey_id = this.survey_id
    AND round.rehearsal = this.rehearsal
    AND round.opens_at < this.opens_at
    AND NOT release.withdrawn
ORDER BY round.opens_at, round.round_id, release.number DESC;

-- name: list_ledger
-- The whole ledger, in its order.
SELECT position, round_id, number, document, head, withdrawn, withdrawn_because FROM release ORDER BY position;

-- name: withdraw_releases
-- Takes every release of the round off the pages, with the reason; it stays in the record.
UPDATE release SET withdrawn = true, withdrawn_because = $2 WHERE round_id = $1 AND NOT withdrawn;

-- name: select_withdrawals
-- The releases of a round that were withdrawn, and why.
SELECT number, withdrawn_because FROM release WHERE round_id = $1 AND withdrawn ORDER BY number;

-- name: insert_proposal
-- Adds what the project team is about to see of a round.
INSERT INTO proposal (round_id, number, document)
SELECT $1, coalesce(max(number), 0) + 1, $2 FROM proposal WHERE round_id = $1
RETURNING number;

-- name: settle_proposals
-- None of a round's proposals waits any more.
UPDATE proposal SET settled = true WHERE round_id = $1 AND NOT settled;

-- name: select_proposal
-- The proposal of a round that waits for its publication.
SELECT number, document, document_sha256 FROM proposal WHERE round_id = $1 AND NOT settled;

-- name: waits_for_publication
-- Whether a proposal of the round waits for its publication.
SELECT EXISTS (SELECT FROM proposal WHERE round_id = $1 AND NOT settled);

-- name: select_proposals
-- Everything of a round that the project team has seen before its release.
SELECT document FROM proposal WHERE round_id = $1 ORDER BY number;

-- name: mark_released
-- The tables of the round may be read.
UPDATE round SET stage = 'released' WHERE round_id = $1 AND stage = 'unsealed' RETURNING round_id;

-- name: mark_withdrawn
-- The tables of the round may no longer be read.
UPDATE round SET stage = 'unsealed' WHERE round_id = $1 AND stage = 'released' RETURNING round_id;
