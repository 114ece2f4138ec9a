"""Protobuf messages from a table of their fields, as a `.proto` has them: no generated code, no compiler.

SCHEMA = {"Payload": "timestamp=1:uint64 metrics=2:*Metric seq=3:uint64", "Metric": "name=1:bytes alias=2:uint64 …"}
classes(SCHEMA)["Payload"].FromString(…)          "*" is a repeated field, a capital one of the schema's own messages

What a schema does not name is skipped, as protobuf means it to be. Texts are declared as bytes, so that one which is no
UTF-8 costs no number beside it. The library is imported here and nowhere else, by who asks for the first class.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

Schema = Mapping[str, str]
"""The fields of each message, by its name."""
_PACKAGE = "siaga"


def classes(schema: Schema) -> dict[str, Any]:
    """The class of each message."""
    described = import_module("google.protobuf.descriptor_pb2")
    file = described.FileDescriptorProto(name="siaga.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in schema.items():
        message = file.message_type.add(name=name)
        for text in fields.split():
            key, _, kind = text.partition(":")
            field, _, number = key.partition("=")
            _add(described.FieldDescriptorProto, message, field, int(number), kind)
    pool = import_module("google.protobuf.descriptor_pool").DescriptorPool()
    pool.Add(file)
    made = import_module("google.protobuf.message_factory").GetMessageClass
    return {name: made(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in schema}


def _add(proto: Any, message: Any, name: str, number: int, kind: str) -> None:
    label = proto.LABEL_REPEATED if kind.startswith("*") else proto.LABEL_OPTIONAL
    kind = kind.removeprefix("*")
    if kind[0].isupper():
        message.field.add(
            name=name, number=number, label=label, type=proto.TYPE_MESSAGE, type_name=f".{_PACKAGE}.{kind}"
        )
    else:
        message.field.add(name=name, number=number, label=label, type=getattr(proto, f"TYPE_{kind.upper()}"))


def read_errors() -> tuple[type[Exception], ...]:
    """What reading bytes that are no such message raises."""
    error: type[Exception] = import_module("google.protobuf.message").DecodeError
    return (error, ValueError, RecursionError)


def strange_fields(message: Any) -> list[int]:
    """The numbers of fields that the schema has not, or has as another type."""
    found = import_module("google.protobuf.unknown_fields").UnknownFieldSet(message)
    return [field.field_number for field in found]
