-- What an erasure removes is gone from the files as well. A deleted row stays in its page, and its entry in the index,
-- until something else is written there; and samples of a column stay in the statistics of a table that is empty.

SET LOCAL search_path = survey;

-- No samples. Setting a column to the type that it has drops those that were taken.
ALTER TABLE invitation
    -- squawk-ignore changing-column-type
    ALTER COLUMN code_hash TYPE bytea,
    -- squawk-ignore changing-column-type
    ALTER COLUMN blinded_hash TYPE bytea,
    -- squawk-ignore changing-column-type
    ALTER COLUMN blind_signature TYPE bytea,
    ALTER COLUMN code_hash SET STATISTICS 0,
    ALTER COLUMN blinded_hash SET STATISTICS 0,
    ALTER COLUMN blind_signature SET STATISTICS 0,
    CLUSTER ON invitation_pkey;

-- Writes table and index anew, without what was deleted, in the order of the hashes. Redemptions wait meanwhile, for a
-- fraction of a second; where something reads the table for longer, as a backup does, this gives up rather than hold them.
CREATE FUNCTION rewrite_invitations() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = survey, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    CLUSTER invitation;
END
$$;

REVOKE EXECUTE ON FUNCTION rewrite_invitations() FROM public;
GRANT EXECUTE ON FUNCTION rewrite_invitations() TO survey_operation;
