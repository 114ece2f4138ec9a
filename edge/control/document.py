"""A snapshot as a document for programs, with the word and its reasons: `siaga-edge status --json`, /status.json."""

from typing import Any

import msgspec

from edge.control.condition import GatewayVerdict
from edge.control.snapshot import AgentSnapshot


def status_document(snapshot: AgentSnapshot) -> dict[str, Any]:
    """{"running": true, "condition": "well", "reasons": [], "gateway": …}"""
    verdict = GatewayVerdict(snapshot)
    word = {"running": True, "condition": verdict.condition, "reasons": [str(each) for each in verdict.reasons]}
    return {**word, **msgspec.to_builtins(snapshot)}
