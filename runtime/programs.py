"""The console scripts: which module each one runs, and which extra of the installation it needs.

siaga-cloud watch …   needs the extra "watch" and no more, since each command of siaga-cloud imports what is its own
"""

from runtime.extras import main_of


def edge() -> int:
    """`siaga-edge`."""
    return main_of("edge.cli", program="siaga-edge", extra="edge")


def cloud() -> int:
    """`siaga-cloud`."""
    return main_of("cloud.cli.main", program="siaga-cloud", extra="cloud")


def demo() -> int:
    """`siaga-demo`."""
    return main_of("demo.cli", program="siaga-demo", extra="demo")


def dashboards() -> int:
    """`siaga-dashboards`."""
    return main_of("dashboards.cli", program="siaga-dashboards", extra="dashboards")
