-- Drafts of surveys: what the project team has written down so far, until the survey is set up or the draft thrown away.
-- Nothing of a participant: questions, units with their headcounts, rules.

SET LOCAL search_path = survey;

-- version: counts the changes, so that of two people who save at once the second is told.
CREATE TABLE survey_draft (
    draft_id text PRIMARY KEY CHECK (draft_id ~ '^[0-9a-f]{12}$'),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    content bytea NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, DELETE, UPDATE (version, content, changed_by, changed_at) ON survey_draft TO survey_operation;
GRANT SELECT ON survey_draft TO survey_reporting;
