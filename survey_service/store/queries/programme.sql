-- name: list_measures
-- What the programme did, the earliest first.
SELECT measure_id, day, name_de, name_en FROM programme_measure ORDER BY day, name_de, measure_id;

-- name: insert_measure
-- Adds a measure.
INSERT INTO programme_measure (day, name_de, name_en) VALUES ($1, $2, $3) RETURNING measure_id;

-- name: update_measure
-- Changes a measure where it is still there.
UPDATE programme_measure SET day = $2, name_de = $3, name_en = $4 WHERE measure_id = $1 RETURNING measure_id;

-- name: delete_measure
-- Removes a measure, and says what it was.
DELETE FROM programme_measure WHERE measure_id = $1 RETURNING measure_id, day, name_de, name_en;
