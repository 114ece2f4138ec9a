"""What edge and cloud agree on: readings, quantities, topics, batches, acks, status; pure, on msgspec alone."""

from wire.ack import Ack, RefusedReadings, RefusedSensor, decode_ack, encode_ack, refused_readings
from wire.batch import Batch, Column, Envelope, Lost, decode_batch, decode_envelope, encode_batch
from wire.errors import WireError
from wire.last_word import LastWord, Leaving
from wire.names import check_name, is_name
from wire.printable import is_printable, printable
from wire.quantities import (
    AIR_PARAMETERS,
    HEALTH_QUANTITIES,
    ISPU_BY_VERSION,
    ISPU_OF_VERSIONS,
    ISPU_TABLE,
    ISPU_VERSIONS,
    MEASURED,
    QUANTITIES,
    REPORTED_BY_GATEWAYS,
    Domain,
    HourOf,
    Quantity,
    Stamped,
    Worse,
)
from wire.quantity_table import BUILT_IN, DomainRow, QuantityTable, TableOf, built_in
from wire.reading import Clock, Reading
from wire.status import SourceState, SourceStatus, SpoolState, Status, decode_status, encode_status
from wire.topics import Channel, Topic, parse_topic, shard_of, subscription, topic_of

__all__ = [
    "AIR_PARAMETERS",
    "BUILT_IN",
    "HEALTH_QUANTITIES",
    "ISPU_BY_VERSION",
    "ISPU_OF_VERSIONS",
    "ISPU_TABLE",
    "ISPU_VERSIONS",
    "MEASURED",
    "QUANTITIES",
    "REPORTED_BY_GATEWAYS",
    "Ack",
    "Batch",
    "Channel",
    "Clock",
    "Column",
    "Domain",
    "DomainRow",
    "Envelope",
    "HourOf",
    "LastWord",
    "Leaving",
    "Lost",
    "Quantity",
    "QuantityTable",
    "Reading",
    "RefusedReadings",
    "RefusedSensor",
    "SourceState",
    "SourceStatus",
    "SpoolState",
    "Stamped",
    "Status",
    "TableOf",
    "Topic",
    "WireError",
    "Worse",
    "built_in",
    "check_name",
    "decode_ack",
    "decode_batch",
    "decode_envelope",
    "decode_status",
    "encode_ack",
    "encode_batch",
    "encode_status",
    "is_name",
    "is_printable",
    "parse_topic",
    "printable",
    "refused_readings",
    "shard_of",
    "subscription",
    "topic_of",
]
