-- name: append_audit_entry
-- Adds a deed to the audit log.
SELECT append_audit_entry($1, $2, $3::jsonb);
