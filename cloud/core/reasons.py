"""Why a reading, or a whole message, becomes a dead letter."""

from enum import StrEnum


class Reason(StrEnum):
    """A rule of ingest that was broken; the values stand in the database, the API and the metrics."""

    NOT_A_BATCH = "not_a_batch"
    OVERSIZED = "oversized"
    UNKNOWN_GATEWAY = "unknown_gateway"
    UNKNOWN_SENSOR = "unknown_sensor"
    FOREIGN_SENSOR = "foreign_sensor"
    UNKNOWN_QUANTITY = "unknown_quantity"
    UNDECLARED_QUANTITY = "undeclared_quantity"
    OUT_OF_BOUNDS = "out_of_bounds"
    TIME_TOO_EARLY = "time_too_early"
    TIME_IN_FUTURE = "time_in_future"
    STORE_REJECTED = "store_rejected"
    FAULT = "fault"


MEANING_OF_REASON = {
    Reason.NOT_A_BATCH: "the message breaks the wire contract",
    Reason.OVERSIZED: "the message is larger than a batch may be; only its beginning is kept",
    Reason.UNKNOWN_GATEWAY: "the registry has no such gateway",
    Reason.UNKNOWN_SENSOR: "the registry has no such sensor, or it was taken out of the city file",
    Reason.FOREIGN_SENSOR: "the sensor belongs to another gateway",
    Reason.UNKNOWN_QUANTITY: "the table of quantities has no such quantity",
    Reason.UNDECLARED_QUANTITY: "the registry does not give this sensor that quantity",
    Reason.OUT_OF_BOUNDS: "no working sensor can have measured that value",
    Reason.TIME_TOO_EARLY: "the time is before 2020, so the gateway's clock was wrong",
    Reason.TIME_IN_FUTURE: "the time is too far ahead of the cloud's clock",
    Reason.STORE_REJECTED: "the readings store will never take it",
    Reason.FAULT: "Siaga itself failed on it: the log has the traceback",
}
