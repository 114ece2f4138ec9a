"""Derived series: indices, rain, visitors, computed from what is stored and stored beside it."""
