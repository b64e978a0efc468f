CREATE SCHEMA survey;
CREATE FUNCTION survey.append_audit_entry(who text, deed text, facts jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'survey', 'pg_temp'
    AS $$
DECLARE
    last_entry audit_entry%ROWTYPE;
    new_position bigint;
    new_entry bytea := convert_to(json_build_object(
        'at', to_char(clock() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'who', who, 'deed', deed, 'facts', facts
    )::text, 'UTF8');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit log', 0));
    SELECT * INTO last_entry FROM audit_entry ORDER BY position DESC LIMIT 1;
    new_position := coalesce(last_entry.position, 0) + 1;
    INSERT INTO audit_entry (position, entry, head)
    VALUES (new_position, new_entry, ledger_head(last_entry.head, sha256(new_entry)));
    RETURN new_position;
END
$$;
CREATE FUNCTION survey.clock() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    RETURN (now() + COALESCE((NULLIF(current_setting('survey.clock_offset'::text, true), ''::text))::interval, '00:00:00'::interval));
CREATE FUNCTION survey.destroy_sealed_responses(wanted text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'survey', 'pg_temp'
    AS $$
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
CREATE FUNCTION survey.hold_ballot_box() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'survey', 'pg_temp'
    AS $$
BEGIN
    LOCK TABLE invitation, ballot IN SHARE ROW EXCLUSIVE MODE;
END
$$;
CREATE FUNCTION survey.keep_binding() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF old.blinded_hash IS NOT NULL
       AND (new.blinded_hash, new.blind_signature) IS DISTINCT FROM (old.blinded_hash, old.blind_signature) THEN
        RAISE EXCEPTION 'a redeemed code stays bound to its message' USING ERRCODE = 'check_violation';
    END IF;
    RETURN new;
END
$$;
CREATE FUNCTION survey.keep_terms() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION survey.ledger_head(previous_head bytea, document_sha256 bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    RETURN sha256((COALESCE(previous_head, decode(repeat('00'::text, 32), 'hex'::text)) || document_sha256));
CREATE FUNCTION survey.partition_name(round_number integer) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN ('sealed_response_'::text || round_number);
CREATE FUNCTION survey.prepare_ballot_box(wanted text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'survey', 'pg_temp'
    AS $$
BEGIN
    EXECUTE format(
        'CREATE TABLE %I PARTITION OF sealed_response FOR VALUES IN (%L)',
        (SELECT partition_name(r.number) FROM round r WHERE r.round_id = wanted), wanted
    );
END
$$;
CREATE FUNCTION survey.rewrite_invitations() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'survey', 'pg_temp'
    SET lock_timeout TO '2s'
    AS $$
BEGIN
    CLUSTER invitation;
END
$$;
CREATE FUNCTION survey.today() RETURNS date
    LANGUAGE sql STABLE
    RETURN ((survey.clock() AT TIME ZONE 'Europe/Berlin'::text))::date;
CREATE FUNCTION survey.void_invitations(wanted text, hashes bytea[]) RETURNS SETOF bytea
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'survey', 'pg_temp'
    AS $$
    UPDATE invitation AS i
    SET void = true
    WHERE i.round_id = wanted AND i.code_hash = ANY (hashes) AND i.blinded_hash IS NULL
    RETURNING i.code_hash
$$;
CREATE FUNCTION survey.withdraw_invitations(wanted text, hashes bytea[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'survey', 'pg_temp'
    AS $$
    DELETE FROM invitation AS i
    WHERE i.round_id = wanted AND i.code_hash = ANY (hashes) AND i.blinded_hash IS NULL
$$;
CREATE TABLE survey.account (
    email text NOT NULL,
    role text NOT NULL,
    password_hash text NOT NULL,
    disabled boolean DEFAULT false NOT NULL,
    failed_attempts integer DEFAULT 0 NOT NULL,
    counted_until timestamp with time zone,
    office text,
    second_factor bytea,
    last_step bigint DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone,
    CONSTRAINT account_email_check CHECK (((email = lower(email)) AND (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'::text))),
    CONSTRAINT account_failed_attempts_check CHECK ((failed_attempts >= 0)),
    CONSTRAINT account_office_check CHECK ((office = ANY (ARRAY['staff-council'::text, 'data-protection'::text]))),
    CONSTRAINT account_office_check1 CHECK (((office IS NULL) OR (role = 'auditor'::text))),
    CONSTRAINT account_password_hash_check CHECK ((password_hash ~~ '$argon2id$%'::text)),
    CONSTRAINT account_role_check CHECK ((role = ANY (ARRAY['project-team'::text, 'trustee'::text, 'auditor'::text, 'operator'::text]))),
    CONSTRAINT account_second_factor_check CHECK (((length(second_factor) >= 32) AND (length(second_factor) <= 128)))
);
CREATE TABLE survey.account_invitation (
    email text NOT NULL,
    role text NOT NULL,
    office text,
    code_sha256 bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT account_invitation_check CHECK (((office IS NULL) OR (role = 'auditor'::text))),
    CONSTRAINT account_invitation_code_sha256_check CHECK ((length(code_sha256) = 32)),
    CONSTRAINT account_invitation_email_check CHECK (((email = lower(email)) AND (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'::text))),
    CONSTRAINT account_invitation_office_check CHECK ((office = ANY (ARRAY['staff-council'::text, 'data-protection'::text]))),
    CONSTRAINT account_invitation_role_check CHECK ((role = ANY (ARRAY['project-team'::text, 'trustee'::text, 'auditor'::text, 'operator'::text])))
);
CREATE TABLE survey.stand_in (
    email text NOT NULL,
    stands_in text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    CONSTRAINT stand_in_check CHECK ((stands_in <> email)),
    CONSTRAINT stand_in_check1 CHECK ((last_day >= first_day))
);
CREATE VIEW survey.account_today WITH (security_invoker='true') AS
 SELECT email,
    COALESCE(office, ( SELECT away.office
           FROM (survey.stand_in s
             JOIN survey.account away ON ((away.email = s.email)))
          WHERE ((s.stands_in = a.email) AND (NOT away.disabled) AND (away.office IS NOT NULL) AND (away.role = a.role) AND ((survey.today() >= s.first_day) AND (survey.today() <= s.last_day)))
          ORDER BY s.email
         LIMIT 1)) AS office_today
   FROM survey.account a;
CREATE TABLE survey.approval (
    survey_id text NOT NULL,
    definition_sha256 bytea NOT NULL,
    office text NOT NULL,
    email text NOT NULL,
    approved_on date NOT NULL,
    CONSTRAINT approval_definition_sha256_check CHECK ((length(definition_sha256) = 32)),
    CONSTRAINT approval_office_check CHECK ((office = ANY (ARRAY['staff-council'::text, 'data-protection'::text])))
);
CREATE TABLE survey.audit_entry (
    "position" bigint NOT NULL,
    entry bytea NOT NULL,
    head bytea NOT NULL,
    CONSTRAINT audit_entry_head_check CHECK ((length(head) = 32)),
    CONSTRAINT audit_entry_position_check CHECK (("position" > 0))
);
CREATE TABLE survey.ballot (
    round_id text NOT NULL,
    serial bytea NOT NULL,
    randomizer bytea NOT NULL,
    signature bytea NOT NULL,
    receipt bytea NOT NULL,
    CONSTRAINT ballot_randomizer_check CHECK ((length(randomizer) = 32)),
    CONSTRAINT ballot_receipt_check CHECK ((length(receipt) = 32)),
    CONSTRAINT ballot_serial_check CHECK ((length(serial) = 32)),
    CONSTRAINT ballot_signature_check CHECK ((length(signature) = 384))
);
CREATE TABLE survey.calendar_address (
    email text NOT NULL,
    token_sha256 bytea NOT NULL,
    CONSTRAINT calendar_address_token_sha256_check CHECK ((length(token_sha256) = 32))
);
CREATE TABLE survey.comment_verdict (
    round_id text NOT NULL,
    item_id text NOT NULL,
    place integer NOT NULL,
    reviewer text NOT NULL,
    accepted boolean NOT NULL,
    blackened integer[] NOT NULL,
    CONSTRAINT comment_verdict_place_check CHECK ((place >= 0))
);
CREATE TABLE survey.invitation (
    round_id text NOT NULL,
    code_hash bytea NOT NULL,
    blinded_hash bytea,
    blind_signature bytea,
    void boolean DEFAULT false NOT NULL,
    CONSTRAINT invitation_blind_signature_check CHECK ((length(blind_signature) = 384)),
    CONSTRAINT invitation_blinded_hash_check CHECK ((length(blinded_hash) = 32)),
    CONSTRAINT invitation_check CHECK (((blinded_hash IS NULL) = (blind_signature IS NULL))),
    CONSTRAINT invitation_code_hash_check CHECK ((length(code_hash) = 32)),
    CONSTRAINT invitation_void_check CHECK ((NOT (void AND (blinded_hash IS NOT NULL))))
);
ALTER TABLE ONLY survey.invitation ALTER COLUMN code_hash SET STATISTICS 0;
ALTER TABLE ONLY survey.invitation ALTER COLUMN blinded_hash SET STATISTICS 0;
ALTER TABLE ONLY survey.invitation ALTER COLUMN blind_signature SET STATISTICS 0;
CREATE TABLE survey.known_browser (
    token_sha256 bytea NOT NULL,
    email text NOT NULL,
    failed_attempts integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT known_browser_failed_attempts_check CHECK ((failed_attempts >= 0)),
    CONSTRAINT known_browser_token_sha256_check CHECK ((length(token_sha256) = 32))
);
CREATE TABLE survey.mailing (
    round_id text NOT NULL,
    kind text NOT NULL,
    number integer NOT NULL,
    recipients integer NOT NULL,
    accepted integer DEFAULT 0 NOT NULL,
    refused integer DEFAULT 0 NOT NULL,
    unclear integer DEFAULT 0 NOT NULL,
    done boolean DEFAULT false NOT NULL,
    begun_on date NOT NULL,
    CONSTRAINT mailing_kind_check CHECK ((kind = ANY (ARRAY['invitation'::text, 'reminder'::text]))),
    CONSTRAINT mailing_number_check CHECK ((number > 0)),
    CONSTRAINT mailing_recipients_check CHECK ((recipients >= 0))
);
CREATE TABLE survey.participation_band (
    round_id text NOT NULL,
    per_cent integer NOT NULL,
    counted_on date NOT NULL,
    CONSTRAINT participation_band_per_cent_check CHECK ((((per_cent >= 0) AND (per_cent <= 100)) AND ((per_cent % 10) = 0)))
);
CREATE TABLE survey.planned_time (
    survey_id text NOT NULL,
    planned_for timestamp with time zone NOT NULL,
    round_id text,
    CONSTRAINT planned_time_round_id_check CHECK ((round_id ~ '^[a-z0-9-]{1,64}$'::text))
);
CREATE TABLE survey.preparation (
    round_id text NOT NULL,
    survey_id text NOT NULL,
    rehearsal boolean NOT NULL,
    threshold integer NOT NULL,
    trustees text[] NOT NULL,
    opens_at timestamp with time zone,
    closes_at timestamp with time zone,
    CONSTRAINT preparation_check CHECK ((cardinality(trustees) >= threshold)),
    CONSTRAINT preparation_round_id_check CHECK ((round_id ~ '^[a-z0-9-]{1,64}$'::text)),
    CONSTRAINT preparation_threshold_check CHECK ((threshold >= 2))
);
CREATE TABLE survey.programme_measure (
    measure_id uuid DEFAULT gen_random_uuid() NOT NULL,
    day date NOT NULL,
    name_de text NOT NULL,
    name_en text,
    CONSTRAINT programme_measure_name_de_check CHECK (((length(name_de) >= 1) AND (length(name_de) <= 80))),
    CONSTRAINT programme_measure_name_en_check CHECK (((length(name_en) >= 1) AND (length(name_en) <= 80)))
);
CREATE TABLE survey.proposal (
    round_id text NOT NULL,
    number integer NOT NULL,
    document bytea NOT NULL,
    document_sha256 bytea GENERATED ALWAYS AS (sha256(document)) STORED NOT NULL,
    settled boolean DEFAULT false NOT NULL,
    CONSTRAINT proposal_number_check CHECK ((number > 0))
);
CREATE TABLE survey.recovery_code (
    email text NOT NULL,
    code_sha256 bytea NOT NULL,
    failed_attempts integer DEFAULT 0 NOT NULL,
    CONSTRAINT recovery_code_code_sha256_check CHECK ((length(code_sha256) = 32)),
    CONSTRAINT recovery_code_failed_attempts_check CHECK ((failed_attempts >= 0))
);
CREATE TABLE survey.release (
    round_id text NOT NULL,
    number integer NOT NULL,
    document bytea NOT NULL,
    document_sha256 bytea GENERATED ALWAYS AS (sha256(document)) STORED NOT NULL,
    withdrawn boolean DEFAULT false NOT NULL,
    "position" bigint,
    head bytea,
    withdrawn_because text,
    for_staff boolean DEFAULT false NOT NULL,
    CONSTRAINT release_head_check CHECK ((length(head) = 32)),
    CONSTRAINT release_head_given CHECK ((head IS NOT NULL)),
    CONSTRAINT release_number_check CHECK ((number > 0)),
    CONSTRAINT release_position_check CHECK (("position" > 0)),
    CONSTRAINT release_position_given CHECK (("position" IS NOT NULL))
);
CREATE TABLE survey.response_block (
    round_id text NOT NULL,
    content text NOT NULL,
    block integer NOT NULL,
    encrypted bytea NOT NULL,
    CONSTRAINT response_block_block_check CHECK ((block >= 0)),
    CONSTRAINT response_block_content_check CHECK ((content ~ '^(choices|text:[a-z0-9-]+)$'::text))
);
CREATE TABLE survey.round (
    round_id text NOT NULL,
    number integer NOT NULL,
    survey_id text NOT NULL,
    definition bytea NOT NULL,
    questionnaire bytea NOT NULL,
    terms bytea NOT NULL,
    fingerprint text NOT NULL,
    rehearsal boolean NOT NULL,
    roster_size integer NOT NULL,
    minimum_group_size integer NOT NULL,
    plaintext_size integer NOT NULL,
    custody text NOT NULL,
    opens_at timestamp with time zone NOT NULL,
    closes_at timestamp with time zone NOT NULL,
    erase_at timestamp with time zone,
    stage text DEFAULT 'prepared'::text NOT NULL,
    lost_because text,
    credentials_issued integer,
    ballots integer,
    ballot_box_root bytea,
    analysed integer,
    invalid integer,
    CONSTRAINT round_ballot_box_root_check CHECK ((length(ballot_box_root) = 32)),
    CONSTRAINT round_check CHECK ((opens_at < closes_at)),
    CONSTRAINT round_check1 CHECK (((stage = 'lost'::text) = (lost_because IS NOT NULL))),
    CONSTRAINT round_check2 CHECK (((stage = ANY (ARRAY['prepared'::text, 'planned'::text])) OR (ballot_box_root IS NOT NULL))),
    CONSTRAINT round_check3 CHECK (((ballots <= credentials_issued) AND (credentials_issued <= roster_size))),
    CONSTRAINT round_check4 CHECK (((analysed + invalid) = ballots)),
    CONSTRAINT round_custody_check CHECK ((custody ~ '^(server|[1-9][0-9]* of [1-9][0-9]* trustees)$'::text)),
    CONSTRAINT round_fingerprint_check CHECK ((length(fingerprint) = 26)),
    CONSTRAINT round_minimum_group_size_check CHECK ((minimum_group_size >= 5)),
    CONSTRAINT round_plaintext_size_check CHECK ((plaintext_size > 4)),
    CONSTRAINT round_roster_size_check CHECK ((roster_size > 0)),
    CONSTRAINT round_round_id_check CHECK ((round_id ~ '^[a-z0-9-]{1,64}$'::text)),
    CONSTRAINT round_stage_check CHECK ((stage = ANY (ARRAY['prepared'::text, 'planned'::text, 'closed'::text, 'opened'::text, 'unsealed'::text, 'released'::text, 'erased'::text, 'lost'::text])))
);
ALTER TABLE survey.round ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME survey.round_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE VIEW survey.round_state WITH (security_invoker='true') AS
 SELECT round_id,
        CASE
            WHEN ((stage = 'prepared'::text) OR ((stage = 'planned'::text) AND (survey.clock() < opens_at))) THEN 'scheduled'::text
            WHEN (stage = 'planned'::text) THEN 'open'::text
            WHEN (stage = 'opened'::text) THEN 'closed'::text
            ELSE stage
        END AS state
   FROM survey.round;
CREATE TABLE survey.scheduled_deed (
    round_id text NOT NULL,
    deed text NOT NULL,
    number integer NOT NULL,
    CONSTRAINT scheduled_deed_deed_check CHECK ((deed = ANY (ARRAY['open'::text, 'remind'::text, 'warn'::text]))),
    CONSTRAINT scheduled_deed_number_check CHECK ((number > 0))
);
CREATE TABLE survey.sealed_response (
    round_id text NOT NULL,
    serial bytea NOT NULL,
    sealed bytea NOT NULL
)
PARTITION BY LIST (round_id);
CREATE TABLE survey.session (
    token_sha256 bytea NOT NULL,
    email text NOT NULL,
    csrf_secret bytea NOT NULL,
    language text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    idle_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    failed_confirmations integer DEFAULT 0 NOT NULL,
    drawn_factor bytea,
    CONSTRAINT session_csrf_secret_check CHECK ((length(csrf_secret) = 32)),
    CONSTRAINT session_drawn_factor_check CHECK (((length(drawn_factor) >= 32) AND (length(drawn_factor) <= 128))),
    CONSTRAINT session_failed_confirmations_check CHECK ((failed_confirmations >= 0)),
    CONSTRAINT session_language_check CHECK ((language = ANY (ARRAY['de'::text, 'en'::text]))),
    CONSTRAINT session_token_sha256_check CHECK ((length(token_sha256) = 32))
);
CREATE TABLE survey.survey (
    survey_id text NOT NULL,
    definition bytea NOT NULL,
    definition_sha256 bytea GENERATED ALWAYS AS (sha256(definition)) STORED NOT NULL,
    questionnaire bytea NOT NULL,
    created_at timestamp with time zone DEFAULT survey.clock(),
    CONSTRAINT survey_survey_id_check CHECK ((survey_id ~ '^[a-z0-9][a-z0-9-]{0,39}$'::text))
);
CREATE TABLE survey.survey_draft (
    draft_id text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    content bytea NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT survey_draft_draft_id_check CHECK ((draft_id ~ '^[0-9a-f]{12}$'::text)),
    CONSTRAINT survey_draft_version_check CHECK ((version > 0))
);
CREATE TABLE survey.tabulation_work (
    round_id text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    is_done boolean DEFAULT false NOT NULL,
    refused text
);
CREATE TABLE survey.team_notice (
    email text NOT NULL,
    occasion text NOT NULL,
    about text NOT NULL,
    number integer DEFAULT 1 NOT NULL,
    noted_at timestamp with time zone NOT NULL,
    mailed_at timestamp with time zone,
    CONSTRAINT team_notice_number_check CHECK ((number > 0))
);
CREATE TABLE survey.trustee (
    round_id text NOT NULL,
    place integer NOT NULL,
    email text NOT NULL,
    proven boolean DEFAULT false NOT NULL,
    CONSTRAINT trustee_place_check CHECK ((place >= 0))
);
ALTER TABLE ONLY survey.account_invitation
    ADD CONSTRAINT account_invitation_code_sha256_key UNIQUE (code_sha256);
ALTER TABLE ONLY survey.account_invitation
    ADD CONSTRAINT account_invitation_pkey PRIMARY KEY (email);
ALTER TABLE ONLY survey.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (email);
ALTER TABLE ONLY survey.approval
    ADD CONSTRAINT approval_pkey PRIMARY KEY (survey_id, definition_sha256, office);
ALTER TABLE ONLY survey.audit_entry
    ADD CONSTRAINT audit_entry_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY survey.ballot
    ADD CONSTRAINT ballot_pkey PRIMARY KEY (round_id, serial);
ALTER TABLE ONLY survey.calendar_address
    ADD CONSTRAINT calendar_address_pkey PRIMARY KEY (email);
ALTER TABLE ONLY survey.calendar_address
    ADD CONSTRAINT calendar_address_token_sha256_key UNIQUE (token_sha256);
ALTER TABLE ONLY survey.comment_verdict
    ADD CONSTRAINT comment_verdict_pkey PRIMARY KEY (round_id, item_id, place, reviewer);
ALTER TABLE ONLY survey.invitation
    ADD CONSTRAINT invitation_pkey PRIMARY KEY (round_id, code_hash);
ALTER TABLE survey.invitation CLUSTER ON invitation_pkey;
ALTER TABLE ONLY survey.known_browser
    ADD CONSTRAINT known_browser_pkey PRIMARY KEY (token_sha256, email);
ALTER TABLE ONLY survey.mailing
    ADD CONSTRAINT mailing_pkey PRIMARY KEY (round_id, kind, number);
ALTER TABLE ONLY survey.participation_band
    ADD CONSTRAINT participation_band_pkey PRIMARY KEY (round_id);
ALTER TABLE ONLY survey.planned_time
    ADD CONSTRAINT planned_time_pkey PRIMARY KEY (survey_id, planned_for);
ALTER TABLE ONLY survey.preparation
    ADD CONSTRAINT preparation_pkey PRIMARY KEY (round_id);
ALTER TABLE ONLY survey.programme_measure
    ADD CONSTRAINT programme_measure_pkey PRIMARY KEY (measure_id);
ALTER TABLE ONLY survey.proposal
    ADD CONSTRAINT proposal_pkey PRIMARY KEY (round_id, number);
ALTER TABLE ONLY survey.recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (email, code_sha256);
ALTER TABLE ONLY survey.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (round_id, number);
ALTER TABLE ONLY survey.response_block
    ADD CONSTRAINT response_block_pkey PRIMARY KEY (round_id, content, block);
ALTER TABLE ONLY survey.round
    ADD CONSTRAINT round_number_key UNIQUE (number);
ALTER TABLE ONLY survey.round
    ADD CONSTRAINT round_pkey PRIMARY KEY (round_id);
ALTER TABLE ONLY survey.scheduled_deed
    ADD CONSTRAINT scheduled_deed_pkey PRIMARY KEY (round_id, deed, number);
ALTER TABLE ONLY survey.sealed_response
    ADD CONSTRAINT sealed_response_pkey PRIMARY KEY (round_id, serial);
ALTER TABLE ONLY survey.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (token_sha256);
ALTER TABLE ONLY survey.stand_in
    ADD CONSTRAINT stand_in_pkey PRIMARY KEY (email);
ALTER TABLE ONLY survey.survey_draft
    ADD CONSTRAINT survey_draft_pkey PRIMARY KEY (draft_id);
ALTER TABLE ONLY survey.survey
    ADD CONSTRAINT survey_pkey PRIMARY KEY (survey_id);
ALTER TABLE ONLY survey.tabulation_work
    ADD CONSTRAINT tabulation_work_pkey PRIMARY KEY (round_id);
ALTER TABLE ONLY survey.team_notice
    ADD CONSTRAINT team_notice_pkey PRIMARY KEY (email, occasion, about, number);
ALTER TABLE ONLY survey.trustee
    ADD CONSTRAINT trustee_pkey PRIMARY KEY (round_id, place);
ALTER TABLE ONLY survey.trustee
    ADD CONSTRAINT trustee_round_id_email_key UNIQUE (round_id, email);
CREATE INDEX known_browser_email_idx ON survey.known_browser USING btree (email);
CREATE INDEX preparation_survey_id_idx ON survey.preparation USING btree (survey_id);
CREATE UNIQUE INDEX proposal_waiting_key ON survey.proposal USING btree (round_id) WHERE (NOT settled);
CREATE UNIQUE INDEX release_position_key ON survey.release USING btree ("position");
CREATE INDEX round_survey_id_idx ON survey.round USING btree (survey_id);
CREATE INDEX session_email_idx ON survey.session USING btree (email);
CREATE INDEX stand_in_stands_in_idx ON survey.stand_in USING btree (stands_in);
CREATE TRIGGER keep_binding BEFORE UPDATE ON survey.invitation FOR EACH ROW EXECUTE FUNCTION survey.keep_binding();
CREATE TRIGGER keep_terms BEFORE UPDATE ON survey.round FOR EACH ROW EXECUTE FUNCTION survey.keep_terms();
ALTER TABLE ONLY survey.approval
    ADD CONSTRAINT approval_survey_id_fkey FOREIGN KEY (survey_id) REFERENCES survey.survey(survey_id);
ALTER TABLE ONLY survey.calendar_address
    ADD CONSTRAINT calendar_address_email_fkey FOREIGN KEY (email) REFERENCES survey.account(email) ON DELETE CASCADE;
ALTER TABLE ONLY survey.comment_verdict
    ADD CONSTRAINT comment_verdict_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
ALTER TABLE ONLY survey.invitation
    ADD CONSTRAINT invitation_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
ALTER TABLE ONLY survey.known_browser
    ADD CONSTRAINT known_browser_email_fkey FOREIGN KEY (email) REFERENCES survey.account(email);
ALTER TABLE ONLY survey.mailing
    ADD CONSTRAINT mailing_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
ALTER TABLE ONLY survey.participation_band
    ADD CONSTRAINT participation_band_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
ALTER TABLE ONLY survey.planned_time
    ADD CONSTRAINT planned_time_survey_id_fkey FOREIGN KEY (survey_id) REFERENCES survey.survey(survey_id);
ALTER TABLE ONLY survey.preparation
    ADD CONSTRAINT preparation_survey_id_fkey FOREIGN KEY (survey_id) REFERENCES survey.survey(survey_id);
ALTER TABLE ONLY survey.proposal
    ADD CONSTRAINT proposal_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
ALTER TABLE ONLY survey.recovery_code
    ADD CONSTRAINT recovery_code_email_fkey FOREIGN KEY (email) REFERENCES survey.account(email);
ALTER TABLE ONLY survey.release
    ADD CONSTRAINT release_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
ALTER TABLE ONLY survey.response_block
    ADD CONSTRAINT response_block_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
ALTER TABLE ONLY survey.round
    ADD CONSTRAINT round_survey_id_fkey FOREIGN KEY (survey_id) REFERENCES survey.survey(survey_id);
ALTER TABLE ONLY survey.scheduled_deed
    ADD CONSTRAINT scheduled_deed_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
ALTER TABLE ONLY survey.session
    ADD CONSTRAINT session_email_fkey FOREIGN KEY (email) REFERENCES survey.account(email);
ALTER TABLE ONLY survey.stand_in
    ADD CONSTRAINT stand_in_email_fkey FOREIGN KEY (email) REFERENCES survey.account(email);
ALTER TABLE ONLY survey.stand_in
    ADD CONSTRAINT stand_in_stands_in_fkey FOREIGN KEY (stands_in) REFERENCES survey.account(email);
ALTER TABLE ONLY survey.tabulation_work
    ADD CONSTRAINT tabulation_work_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
ALTER TABLE ONLY survey.team_notice
    ADD CONSTRAINT team_notice_email_fkey FOREIGN KEY (email) REFERENCES survey.account(email) ON DELETE CASCADE;
ALTER TABLE ONLY survey.trustee
    ADD CONSTRAINT trustee_round_id_fkey FOREIGN KEY (round_id) REFERENCES survey.round(round_id);
GRANT USAGE ON SCHEMA survey TO survey_participation;
GRANT USAGE ON SCHEMA survey TO survey_operation;
GRANT USAGE ON SCHEMA survey TO survey_opening;
GRANT USAGE ON SCHEMA survey TO survey_tabulation;
GRANT USAGE ON SCHEMA survey TO survey_reporting;
GRANT USAGE ON SCHEMA survey TO survey_team;
REVOKE ALL ON FUNCTION survey.append_audit_entry(who text, deed text, facts jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION survey.append_audit_entry(who text, deed text, facts jsonb) TO survey_operation;
GRANT ALL ON FUNCTION survey.append_audit_entry(who text, deed text, facts jsonb) TO survey_opening;
GRANT ALL ON FUNCTION survey.append_audit_entry(who text, deed text, facts jsonb) TO survey_tabulation;
GRANT ALL ON FUNCTION survey.append_audit_entry(who text, deed text, facts jsonb) TO survey_team;
REVOKE ALL ON FUNCTION survey.clock() FROM PUBLIC;
GRANT ALL ON FUNCTION survey.clock() TO survey_participation;
GRANT ALL ON FUNCTION survey.clock() TO survey_operation;
GRANT ALL ON FUNCTION survey.clock() TO survey_opening;
GRANT ALL ON FUNCTION survey.clock() TO survey_tabulation;
GRANT ALL ON FUNCTION survey.clock() TO survey_reporting;
GRANT ALL ON FUNCTION survey.clock() TO survey_team;
REVOKE ALL ON FUNCTION survey.destroy_sealed_responses(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION survey.destroy_sealed_responses(wanted text) TO survey_opening;
REVOKE ALL ON FUNCTION survey.hold_ballot_box() FROM PUBLIC;
GRANT ALL ON FUNCTION survey.hold_ballot_box() TO survey_operation;
REVOKE ALL ON FUNCTION survey.keep_binding() FROM PUBLIC;
REVOKE ALL ON FUNCTION survey.keep_terms() FROM PUBLIC;
GRANT ALL ON FUNCTION survey.ledger_head(previous_head bytea, document_sha256 bytea) TO survey_tabulation;
REVOKE ALL ON FUNCTION survey.partition_name(round_number integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION survey.prepare_ballot_box(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION survey.prepare_ballot_box(wanted text) TO survey_operation;
REVOKE ALL ON FUNCTION survey.rewrite_invitations() FROM PUBLIC;
GRANT ALL ON FUNCTION survey.rewrite_invitations() TO survey_operation;
GRANT ALL ON FUNCTION survey.today() TO survey_team;
REVOKE ALL ON FUNCTION survey.void_invitations(wanted text, hashes bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION survey.void_invitations(wanted text, hashes bytea[]) TO survey_operation;
REVOKE ALL ON FUNCTION survey.withdraw_invitations(wanted text, hashes bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION survey.withdraw_invitations(wanted text, hashes bytea[]) TO survey_operation;
GRANT SELECT,INSERT ON TABLE survey.account TO survey_team;
GRANT UPDATE(role) ON TABLE survey.account TO survey_team;
GRANT UPDATE(password_hash) ON TABLE survey.account TO survey_team;
GRANT UPDATE(disabled) ON TABLE survey.account TO survey_team;
GRANT UPDATE(failed_attempts) ON TABLE survey.account TO survey_team;
GRANT UPDATE(counted_until) ON TABLE survey.account TO survey_team;
GRANT INSERT(office),UPDATE(office) ON TABLE survey.account TO survey_team;
GRANT UPDATE(second_factor) ON TABLE survey.account TO survey_team;
GRANT UPDATE(last_step) ON TABLE survey.account TO survey_team;
GRANT UPDATE(next_attempt_at) ON TABLE survey.account TO survey_team;
GRANT SELECT,INSERT,DELETE ON TABLE survey.account_invitation TO survey_team;
GRANT UPDATE(role) ON TABLE survey.account_invitation TO survey_team;
GRANT UPDATE(office) ON TABLE survey.account_invitation TO survey_team;
GRANT UPDATE(code_sha256) ON TABLE survey.account_invitation TO survey_team;
GRANT UPDATE(expires_at) ON TABLE survey.account_invitation TO survey_team;
GRANT SELECT,INSERT,DELETE ON TABLE survey.stand_in TO survey_team;
GRANT UPDATE(stands_in) ON TABLE survey.stand_in TO survey_team;
GRANT UPDATE(first_day) ON TABLE survey.stand_in TO survey_team;
GRANT UPDATE(last_day) ON TABLE survey.stand_in TO survey_team;
GRANT SELECT ON TABLE survey.account_today TO survey_team;
GRANT SELECT ON TABLE survey.approval TO survey_operation;
GRANT SELECT ON TABLE survey.approval TO survey_reporting;
GRANT SELECT ON TABLE survey.approval TO survey_participation;
GRANT SELECT,INSERT ON TABLE survey.approval TO survey_team;
GRANT SELECT ON TABLE survey.audit_entry TO survey_reporting;
GRANT INSERT ON TABLE survey.ballot TO survey_participation;
GRANT SELECT ON TABLE survey.ballot TO survey_operation;
GRANT SELECT ON TABLE survey.ballot TO survey_opening;
GRANT SELECT ON TABLE survey.ballot TO survey_reporting;
GRANT SELECT(round_id) ON TABLE survey.ballot TO survey_participation;
GRANT SELECT(serial) ON TABLE survey.ballot TO survey_participation;
GRANT SELECT(receipt) ON TABLE survey.ballot TO survey_participation;
GRANT SELECT,INSERT,DELETE ON TABLE survey.calendar_address TO survey_team;
GRANT UPDATE(token_sha256) ON TABLE survey.calendar_address TO survey_team;
GRANT SELECT,INSERT ON TABLE survey.comment_verdict TO survey_tabulation;
GRANT DELETE ON TABLE survey.comment_verdict TO survey_operation;
GRANT SELECT(round_id) ON TABLE survey.comment_verdict TO survey_operation;
GRANT UPDATE(accepted) ON TABLE survey.comment_verdict TO survey_tabulation;
GRANT UPDATE(blackened) ON TABLE survey.comment_verdict TO survey_tabulation;
GRANT SELECT ON TABLE survey.invitation TO survey_participation;
GRANT DELETE ON TABLE survey.invitation TO survey_operation;
GRANT SELECT(round_id),INSERT(round_id) ON TABLE survey.invitation TO survey_operation;
GRANT INSERT(code_hash) ON TABLE survey.invitation TO survey_operation;
GRANT UPDATE(blinded_hash) ON TABLE survey.invitation TO survey_participation;
GRANT SELECT(blinded_hash) ON TABLE survey.invitation TO survey_operation;
GRANT UPDATE(blind_signature) ON TABLE survey.invitation TO survey_participation;
GRANT SELECT(void) ON TABLE survey.invitation TO survey_operation;
GRANT SELECT,INSERT,DELETE ON TABLE survey.known_browser TO survey_team;
GRANT UPDATE(token_sha256) ON TABLE survey.known_browser TO survey_team;
GRANT UPDATE(failed_attempts) ON TABLE survey.known_browser TO survey_team;
GRANT UPDATE(expires_at) ON TABLE survey.known_browser TO survey_team;
GRANT SELECT,INSERT ON TABLE survey.mailing TO survey_operation;
GRANT SELECT ON TABLE survey.mailing TO survey_reporting;
GRANT UPDATE(recipients) ON TABLE survey.mailing TO survey_operation;
GRANT UPDATE(accepted) ON TABLE survey.mailing TO survey_operation;
GRANT UPDATE(refused) ON TABLE survey.mailing TO survey_operation;
GRANT UPDATE(unclear) ON TABLE survey.mailing TO survey_operation;
GRANT UPDATE(done) ON TABLE survey.mailing TO survey_operation;
GRANT SELECT,INSERT,UPDATE ON TABLE survey.participation_band TO survey_operation;
GRANT SELECT ON TABLE survey.participation_band TO survey_reporting;
GRANT SELECT,INSERT ON TABLE survey.planned_time TO survey_operation;
GRANT SELECT ON TABLE survey.planned_time TO survey_reporting;
GRANT SELECT,INSERT,DELETE ON TABLE survey.preparation TO survey_operation;
GRANT SELECT ON TABLE survey.preparation TO survey_reporting;
GRANT SELECT,INSERT,DELETE ON TABLE survey.programme_measure TO survey_operation;
GRANT SELECT ON TABLE survey.programme_measure TO survey_reporting;
GRANT UPDATE(day) ON TABLE survey.programme_measure TO survey_operation;
GRANT UPDATE(name_de) ON TABLE survey.programme_measure TO survey_operation;
GRANT UPDATE(name_en) ON TABLE survey.programme_measure TO survey_operation;
GRANT SELECT,INSERT ON TABLE survey.proposal TO survey_tabulation;
GRANT SELECT ON TABLE survey.proposal TO survey_reporting;
GRANT UPDATE(settled) ON TABLE survey.proposal TO survey_tabulation;
GRANT SELECT,INSERT,DELETE ON TABLE survey.recovery_code TO survey_team;
GRANT UPDATE(failed_attempts) ON TABLE survey.recovery_code TO survey_team;
GRANT SELECT,INSERT ON TABLE survey.release TO survey_tabulation;
GRANT SELECT ON TABLE survey.release TO survey_reporting;
GRANT UPDATE(withdrawn) ON TABLE survey.release TO survey_tabulation;
GRANT UPDATE(withdrawn_because) ON TABLE survey.release TO survey_tabulation;
GRANT UPDATE(for_staff) ON TABLE survey.release TO survey_tabulation;
GRANT DELETE ON TABLE survey.response_block TO survey_operation;
GRANT INSERT ON TABLE survey.response_block TO survey_opening;
GRANT SELECT ON TABLE survey.response_block TO survey_tabulation;
GRANT SELECT(round_id) ON TABLE survey.response_block TO survey_operation;
GRANT SELECT ON TABLE survey.round TO survey_participation;
GRANT SELECT,INSERT ON TABLE survey.round TO survey_operation;
GRANT SELECT ON TABLE survey.round TO survey_opening;
GRANT SELECT ON TABLE survey.round TO survey_tabulation;
GRANT SELECT ON TABLE survey.round TO survey_reporting;
GRANT UPDATE(minimum_group_size) ON TABLE survey.round TO survey_tabulation;
GRANT UPDATE(opens_at) ON TABLE survey.round TO survey_operation;
GRANT UPDATE(closes_at) ON TABLE survey.round TO survey_operation;
GRANT UPDATE(erase_at) ON TABLE survey.round TO survey_opening;
GRANT UPDATE(stage) ON TABLE survey.round TO survey_operation;
GRANT UPDATE(stage) ON TABLE survey.round TO survey_opening;
GRANT UPDATE(stage) ON TABLE survey.round TO survey_tabulation;
GRANT UPDATE(lost_because) ON TABLE survey.round TO survey_opening;
GRANT UPDATE(lost_because) ON TABLE survey.round TO survey_operation;
GRANT UPDATE(credentials_issued) ON TABLE survey.round TO survey_operation;
GRANT UPDATE(ballots) ON TABLE survey.round TO survey_operation;
GRANT UPDATE(ballot_box_root) ON TABLE survey.round TO survey_operation;
GRANT UPDATE(analysed) ON TABLE survey.round TO survey_opening;
GRANT UPDATE(invalid) ON TABLE survey.round TO survey_opening;
GRANT SELECT ON TABLE survey.round_state TO survey_participation;
GRANT SELECT ON TABLE survey.round_state TO survey_operation;
GRANT SELECT ON TABLE survey.round_state TO survey_opening;
GRANT SELECT ON TABLE survey.round_state TO survey_tabulation;
GRANT SELECT ON TABLE survey.round_state TO survey_reporting;
GRANT SELECT,INSERT ON TABLE survey.scheduled_deed TO survey_operation;
GRANT SELECT ON TABLE survey.scheduled_deed TO survey_reporting;
GRANT INSERT ON TABLE survey.sealed_response TO survey_participation;
GRANT SELECT ON TABLE survey.sealed_response TO survey_opening;
GRANT SELECT,INSERT,DELETE ON TABLE survey.session TO survey_team;
GRANT UPDATE(token_sha256) ON TABLE survey.session TO survey_team;
GRANT UPDATE(language) ON TABLE survey.session TO survey_team;
GRANT UPDATE(expires_at) ON TABLE survey.session TO survey_team;
GRANT UPDATE(idle_at) ON TABLE survey.session TO survey_team;
GRANT UPDATE(confirmed_at) ON TABLE survey.session TO survey_team;
GRANT UPDATE(failed_confirmations) ON TABLE survey.session TO survey_team;
GRANT UPDATE(drawn_factor) ON TABLE survey.session TO survey_team;
GRANT SELECT,INSERT ON TABLE survey.survey TO survey_operation;
GRANT SELECT ON TABLE survey.survey TO survey_reporting;
GRANT SELECT,INSERT,DELETE ON TABLE survey.survey_draft TO survey_operation;
GRANT SELECT ON TABLE survey.survey_draft TO survey_reporting;
GRANT UPDATE(version) ON TABLE survey.survey_draft TO survey_operation;
GRANT UPDATE(content) ON TABLE survey.survey_draft TO survey_operation;
GRANT UPDATE(changed_by) ON TABLE survey.survey_draft TO survey_operation;
GRANT UPDATE(changed_at) ON TABLE survey.survey_draft TO survey_operation;
GRANT SELECT,INSERT,UPDATE ON TABLE survey.tabulation_work TO survey_tabulation;
GRANT SELECT ON TABLE survey.tabulation_work TO survey_reporting;
GRANT SELECT,INSERT,DELETE ON TABLE survey.team_notice TO survey_team;
GRANT UPDATE(mailed_at) ON TABLE survey.team_notice TO survey_team;
GRANT SELECT,INSERT ON TABLE survey.trustee TO survey_operation;
GRANT SELECT ON TABLE survey.trustee TO survey_reporting;
GRANT UPDATE(proven) ON TABLE survey.trustee TO survey_operation;
