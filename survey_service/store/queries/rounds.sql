-- name: hold_survey
-- Lets one person at a time plan a round of a survey, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended($1, 0));

-- name: insert_round
-- Plans a round.
INSERT INTO round (
    round_id, survey_id, definition, questionnaire, terms, fingerprint, rehearsal, roster_size, minimum_group_size,
    plaintext_size, custody, opens_at, closes_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: prepare_ballot_box
-- Makes the round's own partition for sealed responses.
SELECT prepare_ballot_box($1);

-- name: select_round
-- One round as it stands.
SELECT
    r.round_id, r.survey_id, r.definition, r.questionnaire, r.terms, r.fingerprint, r.rehearsal, r.roster_size,
    r.minimum_group_size, r.plaintext_size, r.custody, r.opens_at, r.closes_at, r.stage, s.state, r.erase_at,
    r.lost_because, r.credentials_issued, r.ballots, r.ballot_box_root, r.analysed, r.invalid
FROM round AS r
JOIN round_state AS s USING (round_id)
WHERE r.round_id = $1;

-- name: list_rounds
-- All rounds, the latest first, without their bytes.
SELECT r.round_id, r.survey_id, r.rehearsal, r.opens_at, r.closes_at, s.state, r.ballots, r.roster_size
FROM round AS r
JOIN round_state AS s USING (round_id)
ORDER BY r.opens_at DESC, r.round_id;

-- name: count_rounds
-- How many rounds a survey has had.
SELECT count(*) FROM round WHERE survey_id = $1;

-- name: read_clock
-- The time all rounds go by.
SELECT clock();

-- name: clear_round
-- Lets a prepared round open once every wanted office has approved its survey's bytes, and every trustee has proven.
UPDATE round AS r
SET stage = 'planned', opens_at = greatest(r.opens_at, clock())
WHERE
    r.round_id = $1 AND r.stage = 'prepared' AND r.closes_at > clock()
    AND NOT EXISTS (SELECT FROM trustee AS t WHERE t.round_id = r.round_id AND NOT t.proven)
    AND NOT EXISTS (
        SELECT FROM unnest($2::text []) AS wanted (office)
        WHERE NOT EXISTS (
            SELECT FROM approval AS a
            WHERE
                a.survey_id = r.survey_id AND a.office = wanted.office
                AND a.definition_sha256 = sha256(r.definition)
        )
    )
RETURNING r.round_id;

-- name: rounds_to_clear
-- The rounds that wait for approvals or trustees' proofs.
SELECT round_id FROM round WHERE stage = 'prepared' AND ($1::text IS NULL OR survey_id = $1);

-- name: give_up_prepared
-- A round that never opened ends without results; its ballot box is empty.
UPDATE round
SET
    stage = 'lost', lost_because = $2, credentials_issued = 0, ballots = 0, ballot_box_root = sha256(''::bytea)
WHERE round_id = $1 AND stage = 'prepared'
RETURNING round_id;

-- name: start_round
-- Opens a scheduled round now.
UPDATE round
SET opens_at = clock()
WHERE round_id = $1 AND stage = 'planned' AND opens_at > clock() AND closes_at > clock()
RETURNING round_id;

-- name: extend_round
-- Moves the end of a round that still takes codes, or of one that still waits to open, even past its end.
UPDATE round
SET closes_at = $2
WHERE
    round_id = $1 AND $2 > closes_at AND $2 > clock()
    AND (stage = 'prepared' OR (stage = 'planned' AND closes_at > clock()))
RETURNING round_id;

-- name: end_redemption
-- From now on nobody redeems a code; the grace of the protocol runs.
UPDATE round
SET closes_at = clock()
WHERE round_id = $1 AND stage = 'planned' AND opens_at < clock() AND closes_at > clock()
RETURNING round_id;

-- name: hold_ballot_box
-- Waits for what is under way and holds back the rest until the transaction ends.
SELECT hold_ballot_box();

-- name: select_receipts
-- The receipts of a round, sorted.
SELECT receipt FROM ballot WHERE round_id = $1 ORDER BY receipt;

-- name: freeze_ballot_box
-- Closes a round for good, with the counts and the root anyone can check.
UPDATE round
SET
    stage = 'closed',
    closes_at = least(closes_at, clock()),
    credentials_issued = (
        SELECT count(*) FROM invitation AS i WHERE i.round_id = $1 AND i.blinded_hash IS NOT NULL
    ),
    ballots = $2,
    ballot_box_root = $3
WHERE round_id = $1 AND stage = 'planned' AND opens_at < clock()
RETURNING round_id;

-- name: rounds_under_way
-- Rounds to which something may still happen by itself, in the order in which they were planned.
SELECT round_id FROM round WHERE stage NOT IN ('prepared', 'erased', 'lost') ORDER BY number;

-- name: stages_of_rounds
-- How far some rounds are; those that nobody planned here are left out.
SELECT round_id, stage FROM round WHERE round_id = ANY($1::text []);

-- name: lost_rounds_with_codes
-- Lost rounds whose codes are still kept.
SELECT r.round_id
FROM round AS r
WHERE r.stage = 'lost' AND EXISTS (SELECT i.round_id FROM invitation AS i WHERE i.round_id = r.round_id);

-- name: raise_minimum_group_size
-- The minimum group size in force for a round; it only rises.
UPDATE round SET minimum_group_size = $2 WHERE round_id = $1 AND stage = 'unsealed' RETURNING round_id;

-- name: count_participation
-- Counts who has taken part in the open rounds, once in a day of $1, never downward, and not where a tenth of the
-- roster is a small group.
INSERT INTO participation_band AS p (round_id, per_cent, counted_on)
SELECT
    r.round_id,
    (round(10.0 * (SELECT count(*) FROM ballot AS b WHERE b.round_id = r.round_id) / r.roster_size) * 10)::integer,
    (clock() AT TIME ZONE $1)::date
FROM round AS r
JOIN round_state AS s USING (round_id)
WHERE s.state = 'open' AND r.roster_size >= 10 * r.minimum_group_size
ON CONFLICT (round_id) DO UPDATE
SET per_cent = greatest(p.per_cent, excluded.per_cent), counted_on = excluded.counted_on
WHERE p.counted_on < excluded.counted_on;

-- name: list_participation
-- How many have taken part in each round, in tens of per cent of its roster, as counted today; after the close as the
-- ballot box says. None where a tenth of the roster is a small group.
SELECT
    r.round_id,
    CASE
        WHEN r.ballots IS NULL THEN p.per_cent
        ELSE (round(10.0 * r.ballots / r.roster_size) * 10)::integer
    END AS per_cent
FROM round AS r
LEFT JOIN participation_band AS p USING (round_id)
WHERE r.roster_size >= 10 * r.minimum_group_size AND (r.ballots IS NOT NULL OR p.per_cent IS NOT NULL);
