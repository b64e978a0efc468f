-- What the project team sees of a round before anything of it is out, and what it is told while the round is open.

SET LOCAL search_path = survey;

-- Tabulated and audited, seen by reviewers, not released. Kept for good: what was seen is judged together with what
-- comes out later. No proposal is a release, so no page that reads releases can show one. settled: published, or
-- another one has taken its place.
CREATE TABLE proposal (
    round_id text NOT NULL REFERENCES round,
    number integer NOT NULL CHECK (number > 0),
    document bytea NOT NULL,
    document_sha256 bytea NOT NULL GENERATED ALWAYS AS (sha256(document)) STORED,
    settled boolean NOT NULL DEFAULT false,
    PRIMARY KEY (round_id, number)
);

-- Of a round, one proposal at a time waits for its publication.
CREATE UNIQUE INDEX proposal_waiting_key ON proposal (round_id) WHERE NOT settled;

-- What a reviewer has decided of a free text, by its place among the shuffled ones: never a word of it. Removed when
-- the responses are erased.
CREATE TABLE comment_verdict (
    round_id text NOT NULL REFERENCES round,
    item_id text NOT NULL,
    place integer NOT NULL CHECK (place >= 0),
    reviewer text NOT NULL,
    accepted boolean NOT NULL,
    blackened integer [] NOT NULL,
    PRIMARY KEY (round_id, item_id, place, reviewer)
);

ALTER TABLE release ADD COLUMN withdrawn_because text;

-- How many have taken part, in tens of per cent, counted once a day and never downward. Whoever asks, whenever and
-- wherever, reads this row and not the ballot box.
CREATE TABLE participation_band (
    round_id text PRIMARY KEY REFERENCES round,
    per_cent integer NOT NULL CHECK (per_cent BETWEEN 0 AND 100 AND per_cent % 10 = 0),
    counted_on date NOT NULL
);

GRANT SELECT, INSERT, UPDATE (settled) ON proposal TO survey_tabulation;
GRANT SELECT ON proposal TO survey_reporting;
GRANT SELECT, INSERT, UPDATE (accepted, blackened) ON comment_verdict TO survey_tabulation;
GRANT SELECT (round_id), DELETE ON comment_verdict TO survey_operation;
GRANT UPDATE (withdrawn_because) ON release TO survey_tabulation;
GRANT SELECT, INSERT, UPDATE ON participation_band TO survey_operation;
GRANT SELECT ON participation_band TO survey_reporting;
