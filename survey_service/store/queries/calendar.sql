-- name: set_calendar_address
-- From now on this account's calendar reads at this address, and at none it had before.
INSERT INTO calendar_address (email, token_sha256) VALUES ($1, $2)
ON CONFLICT (email) DO UPDATE SET token_sha256 = excluded.token_sha256;

-- name: delete_calendar_address
-- This account's calendar reads no more.
DELETE FROM calendar_address WHERE email = $1 RETURNING email;

-- name: has_calendar_address
-- Whether this account's calendar reads anywhere.
SELECT EXISTS (SELECT FROM calendar_address WHERE email = $1);

-- name: opens_calendar
-- Whether an account that is not disabled reads at this address.
SELECT EXISTS (
    SELECT FROM calendar_address AS c JOIN account AS a USING (email) WHERE c.token_sha256 = $1 AND NOT a.disabled
);
