"""HTTP where the gateway speaks it itself: one request a connection, bounded before it is kept, and no framework.

exchange.py   bytes ─► a request, or why it is refused ─► the bytes of the answer: h11, no I/O
listener.py   a port, so many connections at once, and whoever is slow is left

Devices that push (edge/sources/push.py) and the gateway's page (edge/page/) stand on it: decisions 0058, 0076.
"""
