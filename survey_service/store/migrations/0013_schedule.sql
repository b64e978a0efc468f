-- The schedule: which round each planned time has become, and what was done for a round that leaves no other trace. Nothing of a
-- participant: surveys, rounds and their times.

SET LOCAL search_path = survey;

-- A planned time before that is none of the survey's: nobody had asked for it yet. None: of a survey from before there were
-- schedules.
ALTER TABLE survey ADD COLUMN created_at timestamptz;
ALTER TABLE survey ALTER COLUMN created_at SET DEFAULT clock();

-- Each planned time becomes one round, whoever looks and how often. planned_for: what the rule names, before holidays move it.
-- round_id: also of one that still waits for its trustees' passphrases; none: it was left out, since the next one was due.
CREATE TABLE planned_time (
    survey_id text NOT NULL REFERENCES survey,
    planned_for timestamptz NOT NULL,
    round_id text CHECK (round_id ~ '^[a-z0-9-]{1,64}$'),
    PRIMARY KEY (survey_id, planned_for)
);

-- What the schedule has done for a round. Once a deed and number are in, nobody does them again.
CREATE TABLE scheduled_deed (
    round_id text NOT NULL REFERENCES round,
    deed text NOT NULL CHECK (deed IN ('open', 'remind', 'warn')),
    number integer NOT NULL CHECK (number > 0),
    PRIMARY KEY (round_id, deed, number)
);

-- Where somebody's calendar reads the dates of all rounds; the address itself is told once and kept nowhere.
CREATE TABLE calendar_address (
    email text PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    token_sha256 bytea NOT NULL UNIQUE CHECK (length(token_sha256) = 32)
);

GRANT SELECT, INSERT ON planned_time, scheduled_deed TO survey_operation;
GRANT SELECT ON planned_time, scheduled_deed TO survey_reporting;
GRANT SELECT, INSERT, DELETE, UPDATE (token_sha256) ON calendar_address TO survey_team;
