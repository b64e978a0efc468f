-- name: add_invitations
-- Adds codes, sorted by their hashes; those that are in already stay as they are.
INSERT INTO invitation (round_id, code_hash)
SELECT $1, code_hash
FROM unnest($2::bytea []) AS code_hash
ORDER BY code_hash
ON CONFLICT DO NOTHING;

-- name: void_invitations
-- Voids codes that may have been lost on their way, and returns those that are void now; one that was redeemed is not.
SELECT void_invitations($1, $2::bytea []) AS code_hash;

-- name: withdraw_invitations
-- Removes codes that never left.
SELECT withdraw_invitations($1, $2::bytea []);

-- name: count_void
-- How many codes of a round are void.
SELECT count(round_id) FROM invitation WHERE round_id = $1 AND void;

-- name: begin_mailing
-- Begins a mailing once; nothing where another process was first.
INSERT INTO mailing (round_id, kind, number, recipients, begun_on)
VALUES ($1, $2, $3, $4, (clock() AT TIME ZONE $5)::date)
ON CONFLICT DO NOTHING
RETURNING number;

-- name: count_mailing
-- How far a mailing is.
UPDATE mailing
SET accepted = $4, refused = $5, unclear = $6, done = $7
WHERE round_id = $1 AND kind = $2 AND number = $3;

-- name: list_mailings
-- What went by mail for a round, the earliest first. began_today: in the time zone $2.
SELECT kind, number, recipients, accepted, refused, unclear, done, begun_on, begun_on >= (clock() AT TIME ZONE $2)::date AS began_today
FROM mailing
WHERE round_id = $1
ORDER BY kind, number;

-- name: note_for_team
-- Notes what somebody is to be told, once for each occasion.
INSERT INTO team_notice (email, occasion, about, number, noted_at)
SELECT a.email, $2, $3, $4, clock()
FROM account AS a
WHERE a.email = $1 AND NOT a.disabled
ON CONFLICT DO NOTHING
RETURNING email;

-- name: notices_to_mail
-- What is to be told now: to those who were told nothing within $1.
SELECT n.email, n.occasion, n.about, n.number
FROM team_notice AS n
JOIN account AS a USING (email)
WHERE
    n.mailed_at IS NULL AND NOT a.disabled
    AND NOT EXISTS (
        SELECT FROM team_notice AS earlier WHERE earlier.email = n.email AND earlier.mailed_at > clock() - $1::interval
    )
ORDER BY n.email, n.noted_at, n.occasion, n.about;

-- name: settle_notices
-- They were told.
UPDATE team_notice
SET mailed_at = clock()
WHERE email = $1 AND mailed_at IS NULL AND (occasion, about, number) IN (
    SELECT o.occasion, o.about, o.number FROM unnest($2::text [], $3::text [], $4::integer []) AS o (occasion, about, number)
);

-- name: take_notices
-- Whether this transaction may mail what was noted; one at a time may.
SELECT pg_try_advisory_xact_lock(1937077875);

-- name: count_waiting_mails
-- How many invitations and reminders are still to go.
SELECT coalesce(sum(greatest(recipients - accepted - refused, 0)), 0)::integer FROM mailing WHERE NOT done;
