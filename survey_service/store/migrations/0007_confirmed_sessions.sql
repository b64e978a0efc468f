-- Who is signed in confirms that it is still them before a deed that weighs: since when a session is confirmed.

SET LOCAL search_path = survey;

-- Null: not confirmed, and no page opens. Sessions from before are of that kind; their people sign in once more.
ALTER TABLE session
    ADD COLUMN confirmed_at timestamptz,
    ADD COLUMN failed_confirmations integer NOT NULL DEFAULT 0 CHECK (failed_confirmations >= 0);

GRANT UPDATE (confirmed_at, failed_confirmations) ON session TO survey_team;
