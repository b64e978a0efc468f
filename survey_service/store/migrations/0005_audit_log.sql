-- The audit log: who did what and when, in one chain of hashes, so that nothing in it can be changed, left out or put in
-- unseen. Deeds of the team, of the command line and of the schedule; never one of a participant.

SET LOCAL search_path = survey;

CREATE TABLE audit_entry (
    position bigint PRIMARY KEY CHECK (position > 0),
    entry bytea NOT NULL,
    head bytea NOT NULL CHECK (length(head) = 32)
);

-- One at a time, until the transaction of the deed ends: a deed and its entry stand or fall together.
CREATE FUNCTION append_audit_entry(who text, deed text, facts jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = survey, pg_temp AS $$
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

REVOKE EXECUTE ON FUNCTION append_audit_entry(text, text, jsonb) FROM public;
GRANT EXECUTE ON FUNCTION append_audit_entry(text, text, jsonb) TO
    survey_operation, survey_opening, survey_tabulation, survey_team;
GRANT SELECT ON audit_entry TO survey_reporting;
