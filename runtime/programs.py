"""The console scripts: which module each one runs, and which extra of the installation it needs.

siaga-cloud watch …   needs little, so that it runs on a second machine or on a gateway: the extra "watch"
"""

import sys

from runtime.extras import main_of


def edge() -> int:
    """`siaga-edge`."""
    return main_of("edge.cli", program="siaga-edge", extra="edge")


def cloud() -> int:
    """`siaga-cloud`; `siaga-cloud watch` alone needs nothing of the rest."""
    if sys.argv[1:2] == ["watch"]:
        return main_of("cloud.cli.watch", program="siaga-cloud watch", extra="watch")
    return main_of("cloud.cli.main", program="siaga-cloud", extra="cloud")


def demo() -> int:
    """`siaga-demo`."""
    return main_of("demo.cli", program="siaga-demo", extra="demo")


def dashboards() -> int:
    """`siaga-dashboards`."""
    return main_of("dashboards.cli", program="siaga-dashboards", extra="dashboards")
