"""From a bundle to a gateway that is connected:  siaga-edge enrol gw-daruba.siaga | -

bundle_text.py ─► settings_text.py, credentials.py ─► first_connection.py: one-time login ─► lasting one ─► proven
"""
