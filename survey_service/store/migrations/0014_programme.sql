-- What the programme did beside the rounds, and what of a round its staff may read without signing in.

SET LOCAL search_path = survey;

CREATE TABLE programme_measure (
    measure_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    day date NOT NULL,
    name_de text NOT NULL CHECK (length(name_de) BETWEEN 1 AND 80),
    name_en text CHECK (length(name_en) BETWEEN 1 AND 80)
);

-- for_staff: its overview stands on a page that needs no account.
ALTER TABLE release ADD COLUMN for_staff boolean NOT NULL DEFAULT false;

GRANT SELECT, INSERT, DELETE, UPDATE (day, name_de, name_en) ON programme_measure TO survey_operation;
GRANT SELECT ON programme_measure TO survey_reporting;
GRANT UPDATE (for_staff) ON release TO survey_tabulation;
