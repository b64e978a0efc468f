-- name: append_audit_entry
-- Adds a deed to the audit log.
SELECT append_audit_entry($1, $2, $3::jsonb);

-- name: select_audit_entries
-- Every entry of the audit log, the earliest first.
SELECT position, entry, head FROM audit_entry ORDER BY position;
