-- name: add_account
-- Adds an account, or sets a disabled one up anew; returns nothing where an active one has this address.
INSERT INTO account AS a (email, role, password_hash, office)
VALUES ($1, $2, $3, $4)
ON CONFLICT (email) DO UPDATE
SET
    role = excluded.role, password_hash = excluded.password_hash, office = excluded.office, disabled = false,
    failed_attempts = 0
WHERE a.disabled
RETURNING a.email;

-- name: list_accounts
-- All accounts, without anything of their passwords.
SELECT email, role, disabled, office FROM account ORDER BY email;

-- name: select_office
-- Whom an account that can sign in speaks for.
SELECT office FROM account WHERE email = $1 AND NOT disabled;

-- name: disable_account
-- From now on nobody signs in to this account.
UPDATE account SET disabled = true WHERE email = $1 RETURNING email;

-- name: delete_sessions_of
-- Ends every session of an account.
DELETE FROM session WHERE email = $1;

-- name: begin_attempt
-- Counts an attempt before its password is looked at, so that racing ones count too; nothing where no more are taken.
UPDATE account
SET
    failed_attempts = CASE WHEN counted_until > now() THEN failed_attempts + 1 ELSE 1 END,
    counted_until = CASE WHEN counted_until > now() THEN counted_until ELSE now() + $3::interval END
WHERE email = $1 AND NOT disabled AND (failed_attempts < $2 OR counted_until IS NULL OR counted_until <= now())
RETURNING password_hash;

-- name: settle_attempt
-- The password was right: nothing failed. Nothing is returned where the account has changed meanwhile.
UPDATE account
SET failed_attempts = 0, counted_until = NULL, password_hash = $3
WHERE email = $1 AND password_hash = $2 AND NOT disabled
RETURNING email;

-- name: insert_session
-- Begins a session.
INSERT INTO session (token_sha256, email, csrf_secret, language, expires_at, idle_at, confirmed_at)
VALUES ($1, $2, $3, $4, now() + $5::interval, now() + $6::interval, now());

-- name: use_session
-- The session of a token, if it still holds, kept from idling out; a language is remembered where one is given.
UPDATE session AS s
SET idle_at = now() + $2::interval, language = coalesce($3, s.language)
FROM account AS a
WHERE
    s.token_sha256 = $1 AND s.expires_at > now() AND s.idle_at > now() AND s.confirmed_at IS NOT NULL
    AND a.email = s.email AND NOT a.disabled
RETURNING
    s.token_sha256, s.email, a.role, s.csrf_secret, s.language, s.expires_at, now() - s.confirmed_at AS confirmed_ago;

-- name: begin_confirmation
-- Counts an attempt to confirm before its password is looked at; nothing where the session had too many.
UPDATE session AS s
SET failed_confirmations = s.failed_confirmations + 1
FROM account AS a
WHERE s.token_sha256 = $1 AND s.failed_confirmations < $2 AND a.email = s.email AND NOT a.disabled
RETURNING a.password_hash;

-- name: confirm_session
-- Whoever is signed in has shown that it is still them; nothing where the password has changed meanwhile.
UPDATE session AS s
SET confirmed_at = now(), failed_confirmations = 0
FROM account AS a
WHERE s.token_sha256 = $1 AND a.email = s.email AND a.password_hash = $2 AND NOT a.disabled
RETURNING s.email;

-- name: delete_session
-- Ends one session.
DELETE FROM session WHERE token_sha256 = $1;

-- name: delete_ended_sessions
-- Forgets the sessions that no longer hold.
DELETE FROM session WHERE expires_at <= now() OR idle_at <= now();
