"""Which login of a gateway waits to be handed over."""

from pathlib import Path

from sqlalchemy import Connection

from cloud.database.engine import Database
from cloud.gateways.login_handovers import GatewayLogin, forget_logins, login_of, save_login, waiting_login
from tests.registries import each_registry, registry_in


@each_registry
async def test_one_login_of_a_gateway_waits_and_is_gone_when_it_has_ended(tmp_path: Path):
    def work(connection: Connection) -> None:
        save_login(connection, GatewayLogin("other", "other", b"k", b"other waits"))
        save_login(connection, GatewayLogin("gw", "gw", b"k1", b"first"))
        assert waiting_login(connection, "gw") == b"first"
        save_login(connection, GatewayLogin("gw.2", "gw", b"k2", b"second"))
        assert waiting_login(connection, "gw") == b"second"
        assert login_of(connection, "gw") == GatewayLogin("gw", "gw", b"k1")
        save_login(connection, GatewayLogin("gw.2", "gw", b"k2"))
        assert waiting_login(connection, "gw") is None
        forget_logins(connection, ["gw", "gw.2"])
        assert login_of(connection, "gw") is None
        assert waiting_login(connection, "other") == b"other waits"

    database = Database(registry_in(tmp_path))
    try:
        await database.open()
        await database.run(work)
    finally:
        await database.close()
