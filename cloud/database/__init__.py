"""The registry database: engine, revisions, upserts, audit log, leases, steady time. It imports readings and core."""
