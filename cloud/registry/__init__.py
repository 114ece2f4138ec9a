"""The registry: which sites, gateways and sensors the city has, from city.toml, kept in a database."""
