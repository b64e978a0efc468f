-- The team's accounts: a second factor, attempts that keep no owner out, accounts set up by their owner, and stand-ins.

SET LOCAL search_path = survey;

-- second_factor: the authenticator's secret, encrypted under a key that is neither in here nor in a backup; null: none is
-- set up. last_step: of the last code that was taken, in steps of 30 seconds; neither it nor an earlier one is taken again.
-- next_attempt_at: until then a browser that nobody has signed in with is not listened to.
ALTER TABLE account
    ADD COLUMN second_factor bytea CHECK (length(second_factor) BETWEEN 32 AND 128),
    ADD COLUMN last_step bigint NOT NULL DEFAULT 0,
    ADD COLUMN next_attempt_at timestamptz;

-- Whoever is signed in signs in once more, and sets up their second factor. drawn_factor: one that is being set up,
-- encrypted alike.
TRUNCATE session;
ALTER TABLE session ADD COLUMN drawn_factor bytea CHECK (length(drawn_factor) BETWEEN 32 AND 128);

-- For whoever has lost their phone. Each is used once, and is gone then.
CREATE TABLE recovery_code (
    email text NOT NULL REFERENCES account,
    code_sha256 bytea NOT NULL CHECK (length(code_sha256) = 32),
    failed_attempts integer NOT NULL DEFAULT 0 CHECK (failed_attempts >= 0),
    PRIMARY KEY (email, code_sha256)
);

-- A browser that somebody has signed in with, known again by a number drawn by chance. It has attempts of its own, so that
-- those of strangers do not count for it.
CREATE TABLE known_browser (
    token_sha256 bytea NOT NULL CHECK (length(token_sha256) = 32),
    email text NOT NULL REFERENCES account,
    failed_attempts integer NOT NULL DEFAULT 0 CHECK (failed_attempts >= 0),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (token_sha256, email)
);

CREATE INDEX ON known_browser (email);

-- Somebody who may set up their own account, with the code they were given.
CREATE TABLE account_invitation (
    email text PRIMARY KEY CHECK (email = lower(email) AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    role text NOT NULL CHECK (role IN ('project-team', 'trustee', 'auditor', 'operator')),
    office text CHECK (office IN ('staff-council', 'data-protection')),
    code_sha256 bytea NOT NULL UNIQUE CHECK (length(code_sha256) = 32),
    expires_at timestamptz NOT NULL,
    CHECK (office IS NULL OR role = 'auditor')
);

-- Who does the work of somebody who is away, from one day to another, both of them included.
CREATE TABLE stand_in (
    email text PRIMARY KEY REFERENCES account,
    stands_in text NOT NULL REFERENCES account CHECK (stands_in <> email),
    first_day date NOT NULL,
    last_day date NOT NULL CHECK (last_day >= first_day)
);

CREATE INDEX ON stand_in (stands_in);

GRANT UPDATE (second_factor, last_step, next_attempt_at) ON account TO survey_team;
GRANT UPDATE (token_sha256, expires_at, drawn_factor) ON session TO survey_team;
GRANT SELECT, INSERT, DELETE, UPDATE (failed_attempts) ON recovery_code TO survey_team;
GRANT SELECT, INSERT, DELETE, UPDATE (token_sha256, failed_attempts, expires_at) ON known_browser TO survey_team;
GRANT SELECT, INSERT, DELETE, UPDATE (role, office, code_sha256, expires_at) ON account_invitation TO survey_team;
GRANT SELECT, INSERT, DELETE, UPDATE (stands_in, first_day, last_day) ON stand_in TO survey_team;
