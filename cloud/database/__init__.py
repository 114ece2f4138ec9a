"""The registry database: its engine and forms, upserts, the audit log, leases, steady time."""
