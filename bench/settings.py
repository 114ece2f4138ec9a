"""The settings files of the processes that are measured."""


def edge_settings(port: int, sources: str, *, local_broker: bool = False) -> str:
    """edge.toml of a gateway on the broker at `port`, with the tables `sources`; its sensors may be there too."""
    return f"""
[gateway]
id = "gw-bench"
[spool]
path = "spool.db"
[uplink]
port = {port}
{f"[local_broker]{chr(10)}port = {port}" if local_broker else ""}
[clock]
trust_system = true
[health]
every_s = 0
{sources}"""


def cloud_settings(
    port: int, api_port: int, store: str, *, registry: str = "sqlite:///registry.db", shards: str = "0-63"
) -> str:
    """cloud.toml on the broker at `port`, with the keys `store` of its readings store."""
    return f"""
[broker]
port = {port}
[ingest]
shards = "{shards}"
[store]
{store}
[registry]
url = "{registry}"
city = "city.toml"
[api]
port = {api_port}
"""
