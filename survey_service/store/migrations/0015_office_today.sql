-- Whom an account speaks for today, told in one place, by the same clock and on the same day as everything else.

SET LOCAL search_path = survey;

-- The day it is where the city is.
CREATE FUNCTION today() RETURNS date
LANGUAGE sql STABLE
RETURN (clock() AT TIME ZONE 'Europe/Berlin')::date;

-- An account's own office, or that of somebody it stands in for today.
CREATE VIEW account_today WITH (security_invoker = true) AS
SELECT
    a.email,
    coalesce(a.office, (
        SELECT away.office
        FROM stand_in AS s
        JOIN account AS away ON away.email = s.email
        WHERE
            s.stands_in = a.email AND NOT away.disabled AND away.office IS NOT NULL AND away.role = a.role
            AND today() BETWEEN s.first_day AND s.last_day
        ORDER BY s.email
        LIMIT 1
    )) AS office_today
FROM account AS a;

GRANT EXECUTE ON FUNCTION today() TO survey_team;
GRANT SELECT ON account_today TO survey_team;
