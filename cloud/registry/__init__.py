"""The registry: the sites, gateways and sensors of city.toml and the dated facts about them, in a database.

It imports database, readings and core.
"""
