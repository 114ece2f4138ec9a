"""What the process imports that our programs are forked from; it begins no thread, or it could not be forked."""

import gc
import importlib
import threading

for name in (
    "alembic.command",
    "cloud.api.app", "cloud.api.own_health", "cloud.api.update_files", "cloud.cli.run", "cloud.console.app",
    "cloud.console.stories.routes", "cloud.process.app",
    "edge.agent", "edge.commands.run", "edge.sources.mqtt", "edge.sources.serial",
    "tests.integration.cloud.notify.lone_notifier", "tests.unit.cloud.console.served",
):  # fmt: skip
    importlib.import_module(name)
assert threading.active_count() == 1, threading.enumerate()
gc.collect()
gc.freeze()  # a collection in a child would write to, and so copy, every page of what they share
