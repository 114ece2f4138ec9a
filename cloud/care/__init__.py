"""What people do for gateways while the cloud runs: set them, ask them, let them in.

configs: what the city wants of their settings      commands: asked, and answered      enrolments: one bundle
It may import broker, rulebook, gateways, registry, database and core.
"""
