"""Another agent under the same id, a cloned card or a second start: the broker throws out the older one each time.

thrown out again and again, and acks of streams that are not ours ─► certainly another agent; without such acks, perhaps
"""

from runtime.mqtt import MqttSession

STRANGE_S = 600.0
"""An ack of a stream of which nothing is here counts for so long."""


def twin_note(gateway: str, session: MqttSession, *, strange_ack_s: float, now_s: float) -> str:
    """A sentence on who else connects as `gateway`; empty where nobody seems to. Times are monotonic."""
    if not session.is_thrown_out:
        return ""
    if now_s - strange_ack_s <= STRANGE_S:
        return (
            f"another agent connects as {gateway} and throws this one out (a cloned card, or a second "
            "start); stop it, or enrol it under an id of its own"
        )
    return (
        f"the broker ends the connection soon after it begins, {session.short_ones} times in a row; another "
        f"agent may connect as {gateway}: stop it, or enrol it under an id of its own"
    )
