-- Tabulating may take minutes. It is done beside the request that asked for it, by whichever process; whoever reads the
-- page sees whether it goes on, and what it came to.

SET LOCAL search_path = survey;

-- Times by the real clock. seen_at: a sign of life; without one for long the process is gone, and the work begins anew.
CREATE TABLE tabulation_work (
    round_id text PRIMARY KEY REFERENCES round,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    is_done boolean NOT NULL DEFAULT false,
    refused text
);

GRANT SELECT, INSERT, UPDATE ON tabulation_work TO survey_tabulation;
GRANT SELECT ON tabulation_work TO survey_reporting;
