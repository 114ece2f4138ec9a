"""Dead letters on a real database, with what is rejected for them."""

from collections.abc import Sequence
from pathlib import Path

from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.ingest.dead_letter_records import DeadLetterFilter
from cloud.ingest.dead_letters import DeadLetters, KeptRejections
from cloud.ingest.rejection import ROW_BYTES, Rejection
from tests.registries import registry_in

ONE = ROW_BYTES + len(b"1") + len("sensor x is not in the city file")
"""The size of one of these letters."""


def rejection(raw: bytes = b"raw", *, reason: str = "unknown_sensor", gateway: str = "gw") -> Rejection:
    return Rejection(gateway, reason, "sensor x is not in the city file", raw, 1)


class DeadLetterBox:
    """Dead letters on a real database."""

    def __init__(
        self, folder: Path, max_bytes: int, *, gateway_bytes: int | None = None, known: Sequence[str] = ()
    ) -> None:
        self.database = Database(registry_in(folder))
        self.dead_letters = DeadLetters(
            self.database, max_bytes=max_bytes, gateway_bytes=gateway_bytes, known_gateways=lambda: known
        )

    async def __aenter__(self) -> "DeadLetterBox":
        await self.database.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def write(self, rejections: Sequence[Rejection], *, now_ms: int = 5) -> KeptRejections:
        kept = await self.database.run(
            lambda connection: self.dead_letters.write(connection, rejections, now_ms=now_ms)
        )
        self.dead_letters.apply(kept)
        return kept

    async def discard(self, wanted: DeadLetterFilter, *, dead_letter_id: int | None = None, most: int = 1) -> int:
        return await self.dead_letters.discard(
            wanted, dead_letter_id=dead_letter_id, most=most, actor=Actor("ani"), reason="a test", now_ms=9
        )
