"""What is known of gateways: what they sent and lost, their status, how fresh their readings are.

receipts ─► accounting        …/status ─► statuses        age of a reading ─► freshness
It may import registry, database, readings and core.
"""
