-- name: select_sealed
-- Every sealed response of a round, with the serial it was sealed for, in the order of the serials.
SELECT serial, sealed FROM sealed_response WHERE round_id = $1 ORDER BY serial;

-- name: select_ballots
-- The serials of a round's ballots and their receipts, in the order of the serials.
SELECT serial, receipt FROM ballot WHERE round_id = $1 ORDER BY serial;

-- name: insert_block
-- One encrypted block of opened, shuffled responses.
INSERT INTO response_block (round_id, content, block, encrypted) VALUES ($1, $2, $3, $4);

-- name: hold_unsealing
-- Lets one process at a time unseal a round.
SELECT pg_advisory_lock(hashtextextended('unsealing ' || $1, 0));

-- name: leave_unsealing
-- Lets the next process in.
SELECT pg_advisory_unlock(hashtextextended('unsealing ' || $1, 0));

-- name: allow_long_statements
-- Until the transaction ends: the blocks of a large round take longer than any request may.
SET LOCAL statement_timeout = '10min';

-- name: mark_opened
-- The responses stand in their blocks: from here on nothing is opened again.
UPDATE round
SET stage = 'opened', analysed = $2, invalid = $3, erase_at = clock() + $4::interval
WHERE round_id = $1 AND stage = 'closed'
RETURNING round_id;

-- name: mark_lost
-- The round ends without results.
UPDATE round SET stage = 'lost', lost_because = $2 WHERE round_id = $1 AND stage = 'closed' RETURNING round_id;

-- name: destroy_sealed_responses
-- Truncates the round's sealed responses.
SELECT destroy_sealed_responses($1);

-- name: mark_unsealed
-- Keys and sealed responses are gone.
UPDATE round SET stage = 'unsealed' WHERE round_id = $1 AND stage = 'opened' RETURNING round_id;

-- name: select_blocks
-- The encrypted blocks of a round.
SELECT content, block, encrypted FROM response_block WHERE round_id = $1 ORDER BY content, block;

-- name: delete_blocks
-- Removes the blocks of a round whose storage key is destroyed.
DELETE FROM response_block WHERE round_id = $1;

-- name: delete_invitations
-- Removes the code hashes of a round that is over.
DELETE FROM invitation WHERE round_id = $1;

-- name: rewrite_invitations
-- Takes what was deleted out of the files of the codes, too.
SELECT rewrite_invitations();

-- name: mark_erased
-- The responses can no longer be read by anyone.
UPDATE round SET stage = 'erased' WHERE round_id = $1 AND stage IN ('unsealed', 'released') RETURNING round_id;
