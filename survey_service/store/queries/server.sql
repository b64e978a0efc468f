-- name: read_parameters
-- The server's parameters of these names.
SELECT name, setting FROM pg_settings WHERE name = any($1::text []) ORDER BY name;

-- name: read_server_clock
-- The server's own clock, in seconds since 1970, however far ahead a rehearsal sees the rounds' clock.
SELECT extract(EPOCH FROM clock_timestamp())::float8;
