-- Mail: codes that were voided, counts of what went, and what the team was told. No address of a participant, and no pair
-- of address and code, is ever in here: those lie in the spool.

SET LOCAL search_path = survey;

-- void: the mail that carried this code may have been lost, and another code has taken its place.
ALTER TABLE invitation
    ADD COLUMN void boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT invitation_void_check CHECK (NOT (void AND blinded_hash IS NOT NULL));

-- Both know codes only by the hashes they are given: the role that calls them reads no code.
CREATE FUNCTION void_invitations(wanted text, hashes bytea []) RETURNS SETOF bytea
LANGUAGE sql SECURITY DEFINER SET search_path = survey, pg_temp AS $$
    UPDATE invitation AS i
    SET void = true
    WHERE i.round_id = wanted AND i.code_hash = ANY (hashes) AND i.blinded_hash IS NULL
    RETURNING i.code_hash
$$;

CREATE FUNCTION withdraw_invitations(wanted text, hashes bytea []) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = survey, pg_temp AS $$
    DELETE FROM invitation AS i
    WHERE i.round_id = wanted AND i.code_hash = ANY (hashes) AND i.blinded_hash IS NULL
$$;

-- What went by mail, as counts. begun_on: the day only.
CREATE TABLE mailing (
    round_id text NOT NULL REFERENCES round,
    kind text NOT NULL CHECK (kind IN ('invitation', 'reminder')),
    number integer NOT NULL CHECK (number > 0),
    recipients integer NOT NULL CHECK (recipients >= 0),
    accepted integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    unclear integer NOT NULL DEFAULT 0,
    done boolean NOT NULL DEFAULT false,
    begun_on date NOT NULL,
    PRIMARY KEY (round_id, kind, number)
);

-- What somebody of the team was told, or is about to be told.
CREATE TABLE team_notice (
    email text NOT NULL REFERENCES account ON DELETE CASCADE,
    occasion text NOT NULL,
    about text NOT NULL,
    number integer NOT NULL DEFAULT 1 CHECK (number > 0),
    noted_at timestamptz NOT NULL,
    mailed_at timestamptz,
    PRIMARY KEY (email, occasion, about, number)
);

REVOKE EXECUTE ON FUNCTION void_invitations(text, bytea []), withdraw_invitations(text, bytea []) FROM public;
GRANT EXECUTE ON FUNCTION void_invitations(text, bytea []), withdraw_invitations(text, bytea []) TO survey_operation;
GRANT SELECT (void) ON invitation TO survey_operation;
GRANT SELECT, INSERT, UPDATE (recipients, accepted, refused, unclear, done) ON mailing TO survey_operation;
GRANT SELECT ON mailing TO survey_reporting;
GRANT SELECT, INSERT, DELETE, UPDATE (mailed_at) ON team_notice TO survey_team;
