-- name: insert_invitations
-- Adds codes, sorted by their hashes, as long as the roster has room for all of them.
INSERT INTO invitation (round_id, code_hash)
SELECT $1, code_hash
FROM unnest($2::bytea []) AS code_hash
ORDER BY code_hash;

-- name: hold_roster
-- Holds the round while codes are counted and added; only before the end of redemption.
SELECT round_id, roster_size
FROM round
WHERE round_id = $1 AND stage IN ('prepared', 'planned') AND closes_at > clock()
FOR UPDATE;

-- name: count_invitations
-- How many valid codes a round has.
SELECT count(round_id) FROM invitation WHERE round_id = $1 AND NOT void;

-- name: redeem_invitation
-- Binds a code to the first blinded message that redeems it; a repeat of the same message gets the same signature.
UPDATE invitation AS i
SET
    blinded_hash = coalesce(i.blinded_hash, $3),
    blind_signature = coalesce(i.blind_signature, $4)
FROM round AS r
WHERE
    i.round_id = $1 AND i.code_hash = $2 AND r.round_id = i.round_id
    AND (
        i.blinded_hash = $3
        OR (
            i.blinded_hash IS NULL AND NOT i.void AND $4::bytea IS NOT NULL
            AND r.stage = 'planned' AND clock() >= r.opens_at AND clock() < r.closes_at
        )
    )
RETURNING i.blind_signature;

-- name: explain_refused_redemption
-- Why a redemption was refused, after it was, written like an acceptance so that both take the same time.
SELECT
    r.stage = 'planned' AND clock() >= r.opens_at AND clock() < r.closes_at AS is_open,
    i.code_hash IS NOT NULL AS is_known,
    coalesce(i.void, false) AS is_void,
    pg_logical_emit_message(true, 'survey', '') IS NOT NULL AS is_written
FROM round AS r
LEFT JOIN invitation AS i ON i.round_id = r.round_id AND i.code_hash = $2
WHERE r.round_id = $1;

-- name: cast_ballot
-- Takes a sealed response and its credential, once for each serial.
WITH cast_ballot AS (
    INSERT INTO ballot (round_id, serial, randomizer, signature, receipt)
    SELECT r.round_id, $2, $3, $4, $5
    FROM round AS r
    WHERE
        r.round_id = $1 AND r.stage = 'planned' AND clock() >= r.opens_at AND clock() < r.closes_at + $7::interval
    ON CONFLICT (round_id, serial) DO NOTHING
    RETURNING round_id, serial
)

INSERT INTO sealed_response (round_id, serial, sealed)
SELECT round_id, serial, $6 FROM cast_ballot;

-- name: explain_refused_ballot
-- What stands in the way of a ballot: the receipt its serial already has, or the time.
SELECT
    r.stage = 'planned' AND clock() >= r.opens_at AND clock() < r.closes_at + $3::interval AS is_open,
    b.receipt
FROM round AS r
LEFT JOIN ballot AS b ON b.round_id = r.round_id AND b.serial = $2
WHERE r.round_id = $1;

-- name: select_credentials
-- The spent credentials of a round, in the order of their receipts.
SELECT receipt, serial, randomizer, signature
FROM ballot
WHERE round_id = $1
ORDER BY receipt, serial;

-- name: has_doubled_serials
-- Whether a serial stands twice in a round's ballot box.
SELECT EXISTS (SELECT serial FROM ballot WHERE round_id = $1 GROUP BY serial HAVING count(*) > 1);

-- name: holds_receipt
-- Whether a round's ballot box holds this receipt.
SELECT EXISTS (SELECT FROM ballot WHERE round_id = $1 AND receipt = $2);
