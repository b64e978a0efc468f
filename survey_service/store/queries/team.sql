-- name: add_account
-- Adds an account, or sets a disabled one up anew; returns nothing where an active one has this address.
INSERT INTO account AS a (email, role, password_hash, office)
VALUES ($1, $2, $3, $4)
ON CONFLICT (email) DO UPDATE
SET
    role = excluded.role, password_hash = excluded.password_hash, office = excluded.office, disabled = false,
    failed_attempts = 0, counted_until = NULL, next_attempt_at = NULL, second_factor = NULL, last_step = 0
WHERE a.disabled
RETURNING a.email;

-- name: prepare_account
-- Lets somebody set an account up with a code; an earlier code of theirs is void. Returns nothing where there is an active account.
INSERT INTO account_invitation (email, role, office, code_sha256, expires_at)
SELECT $1, $2, $3, $4, now() + $5::interval
WHERE NOT EXISTS (SELECT FROM account WHERE email = $1 AND NOT disabled)
ON CONFLICT (email) DO UPDATE
SET
    role = excluded.role, office = excluded.office, code_sha256 = excluded.code_sha256, expires_at = excluded.expires_at
RETURNING expires_at;

-- name: list_prepared_accounts
-- Whoever was given a code and has not set their account up.
SELECT email, role, office, expires_at, expires_at <= now() AS is_over FROM account_invitation ORDER BY email;

-- name: is_prepared
-- Whether this code sets an account up now.
SELECT EXISTS (SELECT FROM account_invitation WHERE email = $1 AND code_sha256 = $2 AND expires_at > now());

-- name: take_set_up_code
-- Takes the code that sets an account up, once.
DELETE FROM account_invitation
WHERE email = $1 AND code_sha256 = $2 AND expires_at > now()
RETURNING email, role, office, expires_at, false AS is_over;

-- name: give_up_prepared_account
-- Nobody sets this account up with a code any more.
DELETE FROM account_invitation WHERE email = $1 RETURNING email;

-- name: hold_accounts_of_roles
-- The active accounts of these roles, held until the end of the transaction: of two people who take each other's account away
-- at once, the second finds their own gone.
SELECT email FROM account WHERE role = ANY($1) AND NOT disabled ORDER BY email FOR UPDATE;

-- name: list_accounts
-- All accounts, without anything of their passwords and second factors.
SELECT
    a.email, a.role, a.disabled, a.office, a.second_factor IS NOT NULL AS has_second_factor,
    o.office_today
FROM account AS a
JOIN account_today AS o USING (email)
ORDER BY a.email;

-- name: select_office
-- Whom an account that can sign in speaks for today: its own office, or that of somebody it stands in for.
SELECT o.office_today
FROM account AS a
JOIN account_today AS o USING (email)
WHERE a.email = $1 AND NOT a.disabled;

-- name: name_stand_in
-- Names who stands in. Nothing is returned where that account has another role, or would speak for two offices.
INSERT INTO stand_in (email, stands_in, first_day, last_day)
SELECT away.email, other.email, $3, $4
FROM account AS away
JOIN account AS other ON other.email = $2 AND other.role = away.role AND NOT other.disabled
WHERE
    away.email = $1 AND NOT away.disabled AND other.email <> away.email
    AND $4::date >= today()
    AND (other.office IS NULL OR other.office IS NOT DISTINCT FROM away.office)
    AND NOT EXISTS (
        SELECT FROM stand_in AS s
        JOIN account AS third ON third.email = s.email
        WHERE
            s.stands_in = other.email AND s.email <> away.email
            AND third.office IS DISTINCT FROM away.office
    )
ON CONFLICT (email) DO UPDATE
SET stands_in = excluded.stands_in, first_day = excluded.first_day, last_day = excluded.last_day
RETURNING email;

-- name: end_stand_in
-- Nobody stands in any more. Nothing is returned where nobody did.
DELETE FROM stand_in WHERE email = $1 RETURNING stands_in;

-- name: end_stand_ins_of
-- A disabled account neither stands in nor is stood in for.
DELETE FROM stand_in WHERE email = $1 OR stands_in = $1;

-- name: list_stand_ins
-- Who stands in for whom, now or later.
SELECT email, stands_in, first_day, last_day
FROM stand_in
WHERE last_day >= today()
ORDER BY email;

-- name: list_stand_ins_today
-- Who stands in today for somebody of those named.
SELECT s.stands_in
FROM stand_in AS s
JOIN account AS a ON a.email = s.stands_in
WHERE
    s.email = ANY($1) AND NOT a.disabled
    AND today() BETWEEN s.first_day AND s.last_day
ORDER BY s.stands_in;

-- name: disable_account
-- From now on nobody signs in to this account.
UPDATE account SET disabled = true WHERE email = $1 RETURNING email;

-- name: delete_sessions_of
-- Ends every session of an account.
DELETE FROM session WHERE email = $1;

-- name: begin_attempt_of_known_browser
-- Counts an attempt before it is looked at, so that racing ones count too; nothing where this browser is not known, or had too
-- many.
UPDATE known_browser AS b
SET failed_attempts = b.failed_attempts + 1
FROM account AS a
WHERE
    b.token_sha256 = $2 AND b.email = $1 AND b.expires_at > now() AND b.failed_attempts < $3
    AND a.email = b.email AND NOT a.disabled
RETURNING a.password_hash, a.second_factor, extract(epoch FROM now())::float8 AS at;

-- name: begin_attempt
-- Counts an attempt before it is looked at; nothing while no browser that is not known is listened to. After so many that
-- failed ($2) the next one waits, twice as long each time ($3, at most $4); what failed counts for a while ($5).
UPDATE account AS a
SET
    failed_attempts = f.failed, counted_until = now() + $5::interval,
    next_attempt_at = CASE
        WHEN f.failed >= $2 THEN now() + least($3::interval * 2 ^ least(f.failed - $2, 30), $4::interval)
    END
FROM (
    SELECT email, CASE WHEN counted_until > now() THEN failed_attempts + 1 ELSE 1 END AS failed
    FROM account
    WHERE email = $1
    FOR UPDATE
) AS f
WHERE a.email = f.email AND NOT a.disabled AND (a.next_attempt_at IS NULL OR a.next_attempt_at <= now())
RETURNING a.password_hash, a.second_factor, extract(epoch FROM now())::float8 AS at;

-- name: begin_attempt_by_recovery_code
-- Counts an attempt with a recovery code before its password is looked at; nothing where there is no such code, or it had too
-- many. Nobody guesses one, so it is listened to whatever others have tried.
UPDATE recovery_code AS r
SET failed_attempts = r.failed_attempts + 1
FROM account AS a
WHERE r.email = $1 AND r.code_sha256 = $2 AND r.failed_attempts < $3 AND a.email = r.email AND NOT a.disabled
RETURNING a.password_hash, a.second_factor, extract(epoch FROM now())::float8 AS at;

-- name: replace_password
-- Keeps another hash, of the same password or of a new one. Nothing is returned where the account has changed meanwhile.
UPDATE account SET password_hash = $3 WHERE email = $1 AND password_hash = $2 AND NOT disabled RETURNING email;

-- name: forget_attempts
-- Somebody has shown that the account is theirs: nothing failed.
UPDATE account SET failed_attempts = 0, counted_until = NULL, next_attempt_at = NULL WHERE email = $1;

-- name: forget_attempts_of_known_browser
-- The same for one known browser, which alone had counted them.
UPDATE known_browser SET failed_attempts = 0 WHERE token_sha256 = $1 AND email = $2;

-- name: move_known_browser
-- A browser gets another number at each sign-in, for everyone who signs in with it.
UPDATE known_browser SET token_sha256 = $2 WHERE token_sha256 = $1;

-- name: know_browser
-- Knows a browser again for a while.
INSERT INTO known_browser (token_sha256, email, expires_at)
VALUES ($1, $2, now() + $3::interval)
ON CONFLICT (token_sha256, email) DO UPDATE SET expires_at = excluded.expires_at, failed_attempts = 0;

-- name: forget_browsers
-- Forgets the browsers of an account that are no longer known, and beyond the latest few ($2) the earliest.
DELETE FROM known_browser
WHERE
    email = $1
    AND (
        expires_at <= now()
        OR token_sha256 NOT IN (
            SELECT token_sha256 FROM known_browser WHERE email = $1 ORDER BY expires_at DESC, token_sha256 LIMIT $2
        )
    );

-- name: forget_every_browser
-- From now on no browser is known to be an account's, but the one named.
DELETE FROM known_browser WHERE email = $1 AND token_sha256 IS DISTINCT FROM $2;

-- name: take_step
-- Takes a code's time step, once: nothing is returned where it or a later one was taken, or the second factor is another one.
UPDATE account
SET last_step = $3
WHERE email = $1 AND second_factor = $2 AND last_step < $3 AND NOT disabled
RETURNING email;

-- name: set_second_factor
-- Gives an account its second factor, with the step of the code that showed it works.
UPDATE account SET second_factor = $2, last_step = $3 WHERE email = $1 AND NOT disabled RETURNING email;

-- name: list_second_factors
-- Every second factor, encrypted.
SELECT email, second_factor FROM account WHERE second_factor IS NOT NULL AND NOT disabled ORDER BY email;

-- name: drop_second_factor
-- Takes an account's second factor away, and with it what was tried against it.
UPDATE account
SET second_factor = NULL, last_step = 0, failed_attempts = 0, counted_until = NULL, next_attempt_at = NULL
WHERE email = $1
RETURNING email;

-- name: insert_recovery_codes
-- Recovery codes, by their hashes.
INSERT INTO recovery_code (email, code_sha256) SELECT $1, hash FROM unnest($2::bytea []) AS hash;

-- name: delete_recovery_codes
-- All of an account's, since new ones are drawn or none are wanted.
DELETE FROM recovery_code WHERE email = $1;

-- name: use_recovery_code
-- Takes a recovery code, once.
DELETE FROM recovery_code WHERE email = $1 AND code_sha256 = $2 RETURNING email;

-- name: count_recovery_codes
-- How many are left.
SELECT count(*) FROM recovery_code WHERE email = $1;

-- name: insert_session
-- Begins a session; until it is confirmed, it opens no page but those that confirm it.
INSERT INTO session (token_sha256, email, csrf_secret, language, expires_at, idle_at, confirmed_at)
VALUES ($1, $2, $3, $4, now() + $5::interval, now() + $6::interval, CASE WHEN $7 THEN now() END);

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

-- name: use_begun_session
-- The session of somebody who gave their password and not yet their second factor; a language is remembered where given.
UPDATE session AS s
SET language = coalesce($2, s.language)
FROM account AS a
WHERE
    s.token_sha256 = $1 AND s.expires_at > now() AND s.idle_at > now() AND s.confirmed_at IS NULL
    AND a.email = s.email AND NOT a.disabled
RETURNING s.token_sha256, s.email, a.role, s.csrf_secret, s.language, a.second_factor IS NOT NULL AS has_second_factor;

-- name: finish_session
-- The second factor was right: from now on the session opens pages, under another token. Nothing where it has ended meanwhile.
UPDATE session
SET
    token_sha256 = $2, confirmed_at = now(), expires_at = now() + $3::interval, idle_at = now() + $4::interval,
    drawn_factor = NULL
WHERE token_sha256 = $1 AND confirmed_at IS NULL AND expires_at > now() AND idle_at > now()
RETURNING email;

-- name: draw_factor
-- A second factor that is being set up in this session; the one that is, stays.
UPDATE session SET drawn_factor = coalesce(drawn_factor, $2) WHERE token_sha256 = $1
RETURNING drawn_factor, extract(epoch FROM now())::float8 AS at;

-- name: drop_drawn_factor
-- It is set up, or not wanted any more. Nothing is returned where there was none.
UPDATE session SET drawn_factor = NULL WHERE token_sha256 = $1 AND drawn_factor = $2 RETURNING email;

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

-- name: delete_other_sessions
-- Ends every session of an account but one.
DELETE FROM session WHERE email = $1 AND token_sha256 <> $2;
