"""How the embedded server is set: one door, logs without statements, and nothing that keeps the time of an answer."""

from pathlib import Path

PORT = 5432  # names the socket; nothing listens on the network

ACCESS = b"local all all scram-sha-256\n"  # replaces pg_hba.conf: no trust, no network, not even for the superuser

SETTINGS = {
    # One door: a socket in a private directory.
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    # Logs tell of the server, never of a statement, its parameters or its time. At this level errors of statements
    # (whose text may quote a value) reach the client only.
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_duration": "off",
    "log_connections": "",
    "log_disconnections": "off",
    "log_lock_waits": "off",
    "log_temp_files": "-1",
    "log_autovacuum_min_duration": "-1",
    "log_checkpoints": "off",  # their sizes tell how much was answered when
    # pg_stat_activity shows query texts and their start; with literals in them, answers. A crash would log them too.
    # Nothing here needs them: locks remain visible in pg_locks.
    "track_activities": "off",
    "track_commit_timestamp": "off",
    "compute_query_id": "off",
    "shared_preload_libraries": "",
    # The log of changes holds the least it can, and old segments are deleted rather than kept for reuse.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "archive_mode": "off",
    "summarize_wal": "off",
    "wal_recycle": "off",
    "max_wal_size": "256MB",
    # A confirmed answer is on the disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "allow_alter_system": "off",  # what stands here holds
}


def configuration(socket_directory: Path) -> bytes:
    """The whole of postgresql.conf; what is not in it has PostgreSQL's default."""
    settings = SETTINGS | {"unix_socket_directories": str(socket_directory)}
    lines = ["# Written anew at each start; changes here are lost."]
    for name, value in settings.items():
        quoted = value.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{quoted}'")
    return ("\n".join(lines) + "\n").encode(errors="surrogateescape")
