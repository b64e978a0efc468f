-- The whole way of a round: survey, round, invitation, ballot, sealed response, response block, release.
--
-- Nothing in here ties a person to an answer. No row of the participants' side has a time or a sequence, and no
-- table is written in one transaction with another across that line.

CREATE SCHEMA survey;
SET LOCAL search_path = survey;

-- Roles without login: the service's sessions take them on one at a time. They belong to the whole server, so a
-- second database on it finds them in place.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'survey_participation', 'survey_operation', 'survey_opening', 'survey_tabulation', 'survey_reporting'
    ] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        IF NOT pg_has_role(current_user, name, 'SET') THEN
            EXECUTE format('GRANT %I TO current_user', name);
        END IF;
    END LOOP;
END
$$;

-- The database's clock. The offset lets a rehearsal live through months in a minute; it is set by the session that
-- connects, and production sessions set none.
CREATE FUNCTION clock() RETURNS timestamptz
LANGUAGE sql STABLE
RETURN now() + coalesce(nullif(current_setting('survey.clock_offset', true), '')::interval, interval '0');

CREATE TABLE survey (
    survey_id text PRIMARY KEY CHECK (survey_id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    definition bytea NOT NULL,
    definition_sha256 bytea NOT NULL GENERATED ALWAYS AS (sha256(definition)) STORED,
    questionnaire bytea NOT NULL
);

CREATE TABLE round (
    round_id text PRIMARY KEY CHECK (round_id ~ '^[a-z0-9-]{1,64}$'),
    number integer NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    survey_id text NOT NULL REFERENCES survey,
    definition bytea NOT NULL,
    questionnaire bytea NOT NULL,
    terms bytea NOT NULL,
    fingerprint text NOT NULL CHECK (length(fingerprint) = 26),
    rehearsal boolean NOT NULL,
    roster_size integer NOT NULL CHECK (roster_size > 0),
    minimum_group_size integer NOT NULL CHECK (minimum_group_size >= 5),
    plaintext_size integer NOT NULL CHECK (plaintext_size > 4),
    custody text NOT NULL CHECK (custody = 'server'),
    opens_at timestamptz NOT NULL,
    closes_at timestamptz NOT NULL,
    erase_at timestamptz,
    -- planned: the times decide between scheduled and open. opened: responses are written, the sealing key is not
    -- destroyed yet; to everyone outside that is still closed.
    stage text NOT NULL DEFAULT 'planned' CHECK (
        stage IN ('planned', 'closed', 'opened', 'unsealed', 'released', 'erased', 'lost')
    ),
    lost_because text,
    credentials_issued integer,
    ballots integer,
    ballot_box_root bytea CHECK (length(ballot_box_root) = 32),
    analysed integer,
    invalid integer,
    CHECK (opens_at < closes_at),
    CHECK ((stage = 'lost') = (lost_because IS NOT NULL)),
    CHECK (stage = 'planned' OR ballot_box_root IS NOT NULL),
    CHECK (ballots <= credentials_issued AND credentials_issued <= roster_size),
    CHECK (analysed + invalid = ballots)
);

CREATE INDEX ON round (survey_id);

CREATE FUNCTION keep_terms() RETURNS trigger
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
        ('planned', 'closed'), ('closed', 'opened'), ('closed', 'lost'), ('opened', 'unsealed'),
        ('unsealed', 'released'), ('released', 'unsealed'), ('unsealed', 'erased'), ('released', 'erased')
    ) THEN
        RAISE EXCEPTION 'a round does not go from % to %', old.stage, new.stage USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END
$$;

CREATE TRIGGER keep_terms BEFORE UPDATE ON round FOR EACH ROW EXECUTE FUNCTION keep_terms();

-- What participants, scripts and pages call the state of a round.
CREATE VIEW round_state WITH (security_invoker = true) AS
SELECT
    round_id,
    CASE
        WHEN stage = 'planned' AND clock() < opens_at THEN 'scheduled'
        WHEN stage = 'planned' THEN 'open'
        WHEN stage = 'opened' THEN 'closed'
        ELSE stage
    END AS state
FROM round;

-- An invitation carries a code's hash and nothing else: no person, no unit, no time. The blind signature is kept so
-- that a client that crashed gets the same one again; it tells nothing of the credential made from it.
CREATE TABLE invitation (
    round_id text NOT NULL REFERENCES round,
    code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
    blinded_hash bytea CHECK (length(blinded_hash) = 32),
    blind_signature bytea CHECK (length(blind_signature) = 384),
    PRIMARY KEY (round_id, code_hash),
    CHECK ((blinded_hash IS NULL) = (blind_signature IS NULL))
);

-- A code is bound once. Without this the role that binds could also loosen.
CREATE FUNCTION keep_binding() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF old.blinded_hash IS NOT NULL
       AND (new.blinded_hash, new.blind_signature) IS DISTINCT FROM (old.blinded_hash, old.blind_signature) THEN
        RAISE EXCEPTION 'a redeemed code stays bound to its message' USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END
$$;

CREATE TRIGGER keep_binding BEFORE UPDATE ON invitation FOR EACH ROW EXECUTE FUNCTION keep_binding();

-- One spent credential each, with the receipt of what was sealed. Kept for the recount. Rows come in only through a
-- select from round, so no foreign key: its lock on the round's row would be taken at every ballot.
CREATE TABLE ballot (
    round_id text NOT NULL,
    serial bytea NOT NULL CHECK (length(serial) = 32),
    randomizer bytea NOT NULL CHECK (length(randomizer) = 32),
    signature bytea NOT NULL CHECK (length(signature) = 384),
    receipt bytea NOT NULL CHECK (length(receipt) = 32),
    PRIMARY KEY (round_id, serial)
);

-- A partition a round, so that TRUNCATE destroys one round's sealed responses and no other's.
CREATE TABLE sealed_response (
    round_id text NOT NULL,
    serial bytea NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (round_id, serial)
) PARTITION BY LIST (round_id);

-- Opened and shuffled responses, as columns, encrypted under the round's storage key.
CREATE TABLE response_block (
    round_id text NOT NULL REFERENCES round,
    content text NOT NULL CHECK (content ~ '^(choices|text:[a-z0-9-]+)$'),
    block integer NOT NULL CHECK (block >= 0),
    encrypted bytea NOT NULL,
    PRIMARY KEY (round_id, content, block)
);

-- Everything that was ever released; a withdrawn release stays.
CREATE TABLE release (
    round_id text NOT NULL REFERENCES round,
    number integer NOT NULL CHECK (number > 0),
    document bytea NOT NULL,
    document_sha256 bytea NOT NULL GENERATED ALWAYS AS (sha256(document)) STORED,
    withdrawn boolean NOT NULL DEFAULT false,
    PRIMARY KEY (round_id, number)
);

CREATE FUNCTION partition_name(round_number integer) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN 'sealed_response_' || round_number;

CREATE FUNCTION prepare_ballot_box(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = survey, pg_temp AS $$
BEGIN
    EXECUTE format(
        'CREATE TABLE %I PARTITION OF sealed_response FOR VALUES IN (%L)',
        (SELECT partition_name(r.number) FROM round r WHERE r.round_id = wanted), wanted
    );
END
$$;

-- Waits for redemptions and submissions under way, and holds new ones back until the transaction ends.
CREATE FUNCTION hold_ballot_box() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = survey, pg_temp AS $$
BEGIN
    LOCK TABLE invitation, ballot IN SHARE ROW EXCLUSIVE MODE;
END
$$;

CREATE FUNCTION destroy_sealed_responses(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = survey, pg_temp AS $$
DECLARE
    partition text := (
        SELECT partition_name(r.number) FROM round r WHERE r.round_id = wanted AND r.stage IN ('opened', 'lost')
    );
BEGIN
    IF partition IS NULL THEN
        RAISE EXCEPTION 'sealed responses are destroyed after they were opened or lost'
            USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('TRUNCATE %I', partition);
END
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA survey FROM public;

GRANT USAGE ON SCHEMA survey TO
    survey_participation, survey_operation, survey_opening, survey_tabulation, survey_reporting;
GRANT EXECUTE ON FUNCTION clock() TO
    survey_participation, survey_operation, survey_opening, survey_tabulation, survey_reporting;
GRANT SELECT ON round, round_state TO
    survey_participation, survey_operation, survey_opening, survey_tabulation, survey_reporting;
GRANT SELECT ON survey TO survey_operation, survey_reporting;

-- Takes answers: may bind a code, cast a ballot and insert a sealed response; can never read one.
GRANT SELECT, UPDATE (blinded_hash, blind_signature) ON invitation TO survey_participation;
GRANT INSERT, SELECT (round_id, serial, receipt) ON ballot TO survey_participation;
GRANT INSERT ON sealed_response TO survey_participation;

-- Sets up and moves rounds; sees who has taken part, nothing sealed, nothing opened.
GRANT INSERT ON survey, round TO survey_operation;
GRANT UPDATE (stage, opens_at, closes_at, credentials_issued, ballots, ballot_box_root) ON round TO survey_operation;
GRANT SELECT (round_id, blinded_hash), INSERT (round_id, code_hash) ON invitation TO survey_operation;
GRANT SELECT ON ballot TO survey_operation;
GRANT DELETE ON invitation, response_block TO survey_operation;
GRANT SELECT (round_id) ON response_block TO survey_operation;
GRANT EXECUTE ON FUNCTION prepare_ballot_box(text), hold_ballot_box() TO survey_operation;

-- Opens: reads what was sealed, writes blocks it could not read back.
GRANT SELECT ON ballot, sealed_response TO survey_opening;
GRANT INSERT ON response_block TO survey_opening;
GRANT UPDATE (stage, lost_because, analysed, invalid, erase_at) ON round TO survey_opening;
GRANT EXECUTE ON FUNCTION destroy_sealed_responses(text) TO survey_opening;

-- Tabulates: reads blocks, writes releases.
GRANT SELECT ON response_block TO survey_tabulation;
GRANT SELECT, INSERT, UPDATE (withdrawn) ON release TO survey_tabulation;
GRANT UPDATE (stage, minimum_group_size) ON round TO survey_tabulation;

-- Reports: reads releases and the ballot box.
GRANT SELECT ON ballot, release TO survey_reporting;
