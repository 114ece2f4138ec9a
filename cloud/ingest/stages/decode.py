"""Decode: bytes become a batch.      ReceivedMessage ─► DecodedBatch(batch, receipt)

What is no batch is rejected whole, as it came, and its range is acknowledged if that much can be read: a message that
nobody can read must not come again for ever.
"""

import logging

import msgspec

from cloud.core.reasons import Reason
from cloud.gateways.accounting import Receipt
from cloud.ingest.rejection import Rejection
from cloud.ingest.stages.receive import ReceivedMessage
from i18n.message import LocalizedMessage
from wire import Batch, WireError, decode_batch, decode_envelope
from wire.batch import MAX_BATCH_BYTES, MAX_READINGS

_log = logging.getLogger(__name__)


class DecodedBatch(msgspec.Struct, frozen=True):
    """A message as a `batch`; None where it is none, and then `rejections` has all of it.

    The gateway may forget the range of `receipt` once all of the message is safe. It is None where the range cannot be
    read: then the gateway keeps it.
    """

    message: ReceivedMessage
    receipt: Receipt | None
    batch: Batch | None = None
    rejections: tuple[Rejection, ...] = ()


class DecodeStage:
    """Decodes a message; whatever its bytes are, this gives a result and never an exception."""

    def run(self, message: ReceivedMessage) -> DecodedBatch:
        """Decode a message."""
        try:
            return _decoded(message)
        except WireError as error:
            return rejected_whole(message, Reason.NOT_A_BATCH, str(error))
        except Exception as error:
            return rejected_by_fault(message, error)


def rejected_whole(message: ReceivedMessage, reason: Reason, sentence: str) -> DecodedBatch:
    """Reject a message as it came."""
    try:
        envelope = decode_envelope(message.payload)
    except WireError:
        receipt, readings = None, 1
    else:
        receipt = Receipt(message.gateway, envelope.stream, envelope.first, envelope.last)
        readings = min(max(1, envelope.last - envelope.first + 1), MAX_READINGS)
    rejection = Rejection(message.gateway, reason, sentence, message.payload, readings)
    return DecodedBatch(message, receipt, rejections=(rejection,))


def rejected_by_fault(message: ReceivedMessage, error: Exception) -> DecodedBatch:
    """Reject a message as it came, because our own code failed on it."""
    _log.error("a batch of gateway %s made ingest fail; it goes to the dead letters", message.gateway, exc_info=error)
    return rejected_whole(message, Reason.FAULT, fault_sentence(error))


def fault_sentence(error: Exception) -> str:
    """Say which failure of our own code it was."""
    return LocalizedMessage(
        "ingest failed on it with {fault}: {words}; please report it with the log",
        fault=type(error).__name__, words=str(error)[:200],
    )  # fmt: skip


def _decoded(message: ReceivedMessage) -> DecodedBatch:
    payload = message.payload
    if len(payload) > MAX_BATCH_BYTES:
        sentence = LocalizedMessage(
            "message of {n} bytes; send at most {most}, in more batches", n=len(payload), most=MAX_BATCH_BYTES
        )
        cut = msgspec.structs.replace(message, payload=payload[:MAX_BATCH_BYTES])
        return rejected_whole(cut, Reason.OVERSIZED, sentence)
    batch = decode_batch(payload)
    return DecodedBatch(message, Receipt(message.gateway, batch.stream, batch.first, batch.last, batch.lost), batch)
