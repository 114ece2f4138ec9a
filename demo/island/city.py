"""What all of the simulated island rests on: the seed of its weather, and where its sea gauge hangs."""

SEED = 82_07  # the regency's code
SEA_GAUGE_ZERO_CM = 150.0
