-- The release ledger: every release ever made, withdrawn ones too, in one chain of hashes. Whoever kept a head can tell
-- that nothing before it was changed, left out or put in.

SET LOCAL search_path = survey;

ALTER TABLE release ADD COLUMN position bigint CHECK (position > 0);
ALTER TABLE release ADD COLUMN head bytea CHECK (length(head) = 32);

-- SHA-256 of the head before, 32 zero bytes at the start of the ledger, and the hash of the release.
CREATE FUNCTION ledger_head(previous_head bytea, document_sha256 bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE
RETURN sha256(coalesce(previous_head, decode(repeat('00', 32), 'hex')) || document_sha256);

DO $$
DECLARE
    one record;
    chained bigint := 0;
    last_head bytea;
BEGIN
    FOR one IN SELECT round_id, number, document_sha256 FROM release ORDER BY round_id, number LOOP
        chained := chained + 1;
        last_head := ledger_head(last_head, one.document_sha256);
        UPDATE release SET position = chained, head = last_head
        WHERE release.round_id = one.round_id AND release.number = one.number;
    END LOOP;
END
$$;

ALTER TABLE release ADD CONSTRAINT release_position_given CHECK (position IS NOT NULL) NOT VALID;
ALTER TABLE release VALIDATE CONSTRAINT release_position_given;
ALTER TABLE release ADD CONSTRAINT release_head_given CHECK (head IS NOT NULL) NOT VALID;
ALTER TABLE release VALIDATE CONSTRAINT release_head_given;
CREATE UNIQUE INDEX release_position_key ON release (position);

GRANT EXECUTE ON FUNCTION ledger_head(bytea, bytea) TO survey_tabulation;
