-- name: list_tables
-- The service's own tables with the columns that are written to, their primary keys, and the tables they refer to.
SELECT
    c.relname AS name,
    array(
        SELECT a.attname::text FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        ORDER BY a.attnum
    ) AS columns,
    array(
        SELECT a.attname::text
        FROM pg_index AS i
        CROSS JOIN unnest(i.indkey::smallint []) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE i.indrelid = c.oid AND i.indisprimary
        ORDER BY k.place
    ) AS key,
    array(
        SELECT DISTINCT r.relname::text
        FROM pg_constraint AS f
        JOIN pg_class AS r ON r.oid = f.confrelid
        WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid
    ) AS refers_to
FROM pg_class AS c
WHERE c.relnamespace = 'survey'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname;

-- name: list_backed_up_rounds
-- Every round with what decides its fate in a restore.
SELECT round_id, stage, opens_at, erase_at FROM survey.round ORDER BY number;

-- name: list_applied_migrations
-- The migrations of this database, in order.
SELECT number, name, encode(sha256, 'hex') AS sha256 FROM public.survey_migration ORDER BY number;

-- name: count_other_sessions
-- How many other connections of the service this database has.
SELECT count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'survey-service' AND pid <> pg_backend_pid();

-- name: has_service_tables
-- Whether the service has ever set this database up.
SELECT to_regclass('survey.survey') IS NOT NULL;

-- name: holds_anything
-- Whether anybody has entered anything.
SELECT EXISTS (SELECT FROM survey.survey) OR EXISTS (SELECT FROM survey.account);

-- name: drop_service_tables
-- Removes everything that the service keeps in this database.
DROP SCHEMA IF EXISTS survey CASCADE;

-- name: forget_migrations
-- As in a database that nobody has migrated.
DROP TABLE IF EXISTS public.survey_migration;

-- name: allow_any_length
-- Until the transaction ends: copying takes as long as it takes.
SET LOCAL statement_timeout = 0;

-- name: hold_codes
-- Until the transaction ends no erasure takes place: else what it removes would be kept for this copy's sake.
LOCK TABLE survey.invitation IN ACCESS SHARE MODE;

-- name: continue_numbers
-- The next round gets a number that none has had.
SELECT setval(pg_get_serial_sequence('survey.round', 'number'), max(number)) FROM survey.round;

-- name: void_codes
-- Binds every code of a round to a message that nobody has: none can be redeemed, and each may have been. A code that another
-- one has taken the place of cannot be redeemed as it is.
UPDATE invitation
SET
    blinded_hash = sha256(uuid_send(gen_random_uuid())),
    blind_signature = decode(repeat('00', 384), 'hex')
WHERE round_id = $1 AND blinded_hash IS NULL AND NOT void;

-- name: end_mailings
-- Nothing more of a round goes by mail: its codes are void, and its spool is erased.
UPDATE mailing
SET done = true
WHERE round_id = $1 AND NOT done;

-- name: freeze_at_restore
-- Freezes what the backup has of a round that was closed after it.
UPDATE round
SET
    stage = 'closed',
    opens_at = least(opens_at, clock() - interval '1 second'),
    closes_at = least(closes_at, clock()),
    credentials_issued = (
        SELECT count(*) FROM invitation AS i WHERE i.round_id = $1 AND i.blinded_hash IS NOT NULL
    ),
    ballots = $2,
    ballot_box_root = $3
WHERE round_id = $1 AND stage = 'planned'
RETURNING round_id;
