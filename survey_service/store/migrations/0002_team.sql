-- The team: accounts and signed-in sessions. They know nothing of invitations, ballots or answers, and no row in
-- here has an address or a device.

SET LOCAL search_path = survey;

DO $$
BEGIN
    BEGIN
        CREATE ROLE survey_team NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END;
    IF NOT pg_has_role(current_user, 'survey_team', 'SET') THEN
        GRANT survey_team TO current_user;
    END IF;
END
$$;

CREATE TABLE account (
    email text PRIMARY KEY CHECK (email = lower(email) AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    role text NOT NULL CHECK (role IN ('project-team', 'trustee', 'auditor', 'operator')),
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    disabled boolean NOT NULL DEFAULT false,
    -- Sign-ins that failed in a row, and until when they count.
    failed_attempts integer NOT NULL DEFAULT 0 CHECK (failed_attempts >= 0),
    counted_until timestamptz
);

-- Times by the real clock, not the rounds': a rehearsal that lives through months keeps nobody signed in.
CREATE TABLE session (
    token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    email text NOT NULL REFERENCES account,
    csrf_secret bytea NOT NULL CHECK (length(csrf_secret) = 32),
    language text NOT NULL CHECK (language IN ('de', 'en')),
    expires_at timestamptz NOT NULL,
    idle_at timestamptz NOT NULL
);

CREATE INDEX ON session (email);

GRANT USAGE ON SCHEMA survey TO survey_team;
GRANT SELECT, INSERT, UPDATE (role, password_hash, disabled, failed_attempts, counted_until) ON account TO survey_team;
GRANT SELECT, INSERT, DELETE, UPDATE (language, idle_at) ON session TO survey_team;
