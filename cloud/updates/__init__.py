"""Updates of gateways: the repository of The Update Framework that they trust, and rollouts in steps.

archives ─► publish, signed by keys that are kept elsewhere ─► repository, served at /updates ─► gateways
rollout ─► a batch of them is asked ─► all have confirmed ─► the next batch          one fails ─► it stops
"""
