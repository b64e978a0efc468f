-- name: insert_survey
-- Sets up a survey; returns nothing when the id is taken.
INSERT INTO survey (survey_id, definition, questionnaire)
VALUES ($1, $2, $3)
ON CONFLICT (survey_id) DO NOTHING
RETURNING survey_id;

-- name: select_survey
-- One survey with the bytes it was set up with.
SELECT survey_id, definition, questionnaire
FROM survey
WHERE survey_id = $1;

-- name: list_surveys
-- All surveys and how many rounds each has had.
SELECT s.survey_id, s.definition, count(r.round_id) AS rounds
FROM survey AS s
LEFT JOIN round AS r USING (survey_id)
GROUP BY s.survey_id
ORDER BY s.survey_id;
