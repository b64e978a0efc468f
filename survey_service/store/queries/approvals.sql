-- name: insert_approval
-- An office approves exactly these bytes of a survey; a second time changes nothing.
INSERT INTO approval (survey_id, definition_sha256, office, email, approved_on)
SELECT $1, $2, $3, $4, today()
ON CONFLICT DO NOTHING
RETURNING office;

-- name: select_approvals
-- The offices that have approved exactly these bytes of a survey.
SELECT survey_id, definition_sha256, office, email, approved_on
FROM approval
WHERE survey_id = $1 AND definition_sha256 = $2
ORDER BY approved_on, office;
