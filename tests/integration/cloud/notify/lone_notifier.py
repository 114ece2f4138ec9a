"""A process with nothing but a notifier, to be killed.

python -m tests.integration.cloud.notify.lone_notifier registry.db notify.json
"""

import asyncio
import sys
from pathlib import Path

import msgspec

from cloud.database.engine import Database
from cloud.notify.notifier import Notifier
from cloud.notify.settings import NotifySettings
from tests.unit.cloud.notify.scene import registry


async def main(database_file: str, settings_file: str) -> None:
    chosen = NotifySettings.model_validate(msgspec.json.decode(Path(settings_file).read_bytes()))
    database = Database(f"sqlite:///{database_file}")
    await Notifier(database, registry(), chosen, lambda topic, payload: True).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
