"""From a box with wires to an edge.toml:  siaga-edge init.

ports ─► edge/detect: what hangs there ─► expectations.py: whose names these are ─► settings_file.py: edge.toml ─► check
dialogue.py asks what cannot be found out; each question has a suggestion
"""
