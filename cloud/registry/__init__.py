"""The registry: sites, gateways, sensors and own quantities of city.toml and the dated facts about them, in a database.

It imports database, readings and core.
"""
