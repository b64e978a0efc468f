-- name: insert_draft
-- Begins a draft of a survey.
INSERT INTO survey_draft (draft_id, content, changed_by, changed_at)
VALUES ($1, $2, $3, clock());

-- name: select_draft
-- One draft as it stands.
SELECT draft_id, version, content, changed_by, changed_at
FROM survey_draft
WHERE draft_id = $1;

-- name: list_drafts
-- Every draft, the one that was changed last first.
SELECT draft_id, version, content, changed_by, changed_at
FROM survey_draft
ORDER BY changed_at DESC, draft_id;

-- name: replace_draft
-- Keeps a changed draft; nothing is returned where somebody else has changed it meanwhile.
UPDATE survey_draft
SET version = version + 1, content = $3, changed_by = $4, changed_at = clock()
WHERE draft_id = $1 AND version = $2
RETURNING draft_id;

-- name: delete_draft
-- Removes a draft that is as it was seen.
DELETE FROM survey_draft
WHERE draft_id = $1 AND version = $2
RETURNING draft_id;
