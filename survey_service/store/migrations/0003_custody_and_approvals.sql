-- Custody by trustees, and approvals: who must have agreed, and proven that they can unseal, before a round opens.
-- Nothing of a key is in here, not even wrapped: addresses, offices, and whether something was done.

SET LOCAL search_path = survey;

ALTER TABLE round
    DROP CONSTRAINT round_custody_check,
    ADD CONSTRAINT round_custody_check CHECK (custody ~ '^(server|[1-9][0-9]* of [1-9][0-9]* trustees)$');

-- prepared: the terms stand, and approvals or trustees' proofs are still missing. Every round begins so, and is
-- planned at once where nothing is missing. Whatever asks for a planned round refuses a prepared one.
ALTER TABLE round
    DROP CONSTRAINT round_stage_check,
    ADD CONSTRAINT round_stage_check CHECK (
        stage IN ('prepared', 'planned', 'closed', 'opened', 'unsealed', 'released', 'erased', 'lost')
    ),
    DROP CONSTRAINT round_check2,
    ADD CONSTRAINT round_check2 CHECK (stage IN ('prepared', 'planned') OR ballot_box_root IS NOT NULL),
    ALTER COLUMN stage SET DEFAULT 'prepared';

CREATE OR REPLACE FUNCTION keep_terms() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (new.round_id, new.survey_id, new.definition, new.questionnaire, new.terms, new.fingerprint, new.rehearsal,
        new.roster_size, new.plaintext_size, new.custody)
       IS DISTINCT FROM
       (old.round_id, old.survey_id, old.definition, old.questionnaire, old.terms, old.fingerprint, old.rehearsal,
        old.roster_size, old.plaintext_size, old.custody) THEN
        RAISE EXCEPTION 'the terms of a round never change' USING ERRCODE = 'check_violation';
    END IF;
    IF new.minimum_group_size < old.minimum_group_size THEN
        RAISE EXCEPTION 'the minimum group size of a round only rises' USING ERRCODE = 'check_violation';
    END IF;
    IF old.stage <> new.stage AND (old.stage, new.stage) NOT IN (
        ('prepared', 'planned'), ('prepared', 'lost'),
        ('planned', 'closed'), ('closed', 'opened'), ('closed', 'lost'), ('opened', 'unsealed'),
        ('unsealed', 'released'), ('released', 'unsealed'), ('unsealed', 'erased'), ('released', 'erased')
    ) THEN
        RAISE EXCEPTION 'a round does not go from % to %', old.stage, new.stage USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END
$$;

CREATE OR REPLACE VIEW round_state WITH (security_invoker = true) AS
SELECT
    round_id,
    CASE
        WHEN stage = 'prepared' OR (stage = 'planned' AND clock() < opens_at) THEN 'scheduled'
        WHEN stage = 'planned' THEN 'open'
        WHEN stage = 'opened' THEN 'closed'
        ELSE stage
    END AS state
FROM round;

-- A round that waits for its trustees' passphrases: its keys are made, and its terms fixed, when the last one is in.
-- Times as asked for; none: from then on.
CREATE TABLE preparation (
    round_id text PRIMARY KEY CHECK (round_id ~ '^[a-z0-9-]{1,64}$'),
    survey_id text NOT NULL REFERENCES survey,
    rehearsal boolean NOT NULL,
    threshold integer NOT NULL CHECK (threshold >= 2),
    trustees text [] NOT NULL CHECK (cardinality(trustees) >= threshold),
    opens_at timestamptz,
    closes_at timestamptz
);

CREATE INDEX ON preparation (survey_id);

-- Who holds a share of a round's sealing key, by place among its trustees, and whether they have proven that they can.
CREATE TABLE trustee (
    round_id text NOT NULL REFERENCES round,
    place integer NOT NULL CHECK (place >= 0),
    email text NOT NULL,
    proven boolean NOT NULL DEFAULT false,
    PRIMARY KEY (round_id, place),
    UNIQUE (round_id, email)
);

-- Whom an auditor speaks for.
ALTER TABLE account
    ADD COLUMN office text CHECK (office IN ('staff-council', 'data-protection')),
    ADD CONSTRAINT account_office_check1 CHECK (office IS NULL OR role = 'auditor');

-- An office's approval of exactly these bytes of a survey. A day is fine enough; nothing here meets participants.
CREATE TABLE approval (
    survey_id text NOT NULL REFERENCES survey,
    definition_sha256 bytea NOT NULL CHECK (length(definition_sha256) = 32),
    office text NOT NULL CHECK (office IN ('staff-council', 'data-protection')),
    email text NOT NULL,
    approved_on date NOT NULL,
    PRIMARY KEY (survey_id, definition_sha256, office)
);

GRANT SELECT, INSERT, DELETE ON preparation TO survey_operation;
GRANT SELECT, INSERT, UPDATE (proven) ON trustee TO survey_operation;
GRANT UPDATE (lost_because) ON round TO survey_operation;
GRANT SELECT ON preparation, trustee TO survey_reporting;
GRANT SELECT ON approval TO survey_operation, survey_reporting, survey_participation;
GRANT SELECT, INSERT ON approval TO survey_team;
GRANT EXECUTE ON FUNCTION clock() TO survey_team;
GRANT INSERT (office), UPDATE (office) ON account TO survey_team;
