"""What is known of gateways, and wanted of them: what they sent and lost, their status, how fresh their readings are.

receipts ─► accounting     …/status ─► statuses     …/config/reported ─► config_reports     desired_config ─► …/config
It may import registry, database, readings and core.
"""
