"""Derived series: indices, rain, visitors, computed from what is stored and stored beside it.

recompute_queue ─► service ─► site_computation ─► air, water, visitors ─► series_writer
                        └► progress ─► health  └► grouped_reads ◄── store      grouped_writes ─► alarm rules, then store
ingest ─► in_hand (held_series) ─► hours, for who computes   due_later ─► the queue   stored_tails ◄── grouped_writes
dated facts ─► corrections ─► level_correction, calibration_correction ─► stored_series ─► the queue
the newest of them ─► indices, air_indices ─► index_records, as people are told

It may import `rulebook`, `registry`, `readings`, `database` and `core`; what is computed is pure and stands in `rules`.
"""
