"""Care from the city: what it wants of this gateway, tried, kept, and taken back by the gateway itself where it fails.

…/config ─► checked as edge.toml is ─► tried ─► acknowledged: in force     no ack in time: the one before, and why
…/cmd    ─► done once ─► …/cmd/reply
"""
