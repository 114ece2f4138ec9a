"""Names and texts in statements of InfluxQL:  "siaga-cloud"   'o\\'clock'"""


def identifier(name: str) -> str:
    """Quote the name of a database, measurement, tag, field or user."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(text: str) -> str:
    """Quote a text, such as a password."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
