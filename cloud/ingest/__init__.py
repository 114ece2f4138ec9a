"""Ingest: from a message on `…/up` to durable readings and the ack that lets the gateway forget them.

message_router ─► runner (queue, groups) ─► pipeline: the list of steps ─► stages/: a file for each step
                     replay: a dead letter goes through the same steps      review: what was doubted is judged again
It may import alarms, derived and the rooms below them; the process builds it, the platform hands parts of it on.
"""
