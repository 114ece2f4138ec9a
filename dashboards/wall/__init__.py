"""Pages for the wall: few big statements each, which a playlist turns; the desk's pages say what is behind them."""

from dashboards.wall import air, flood, footfall, situation

__all__ = ["air", "flood", "footfall", "situation"]
