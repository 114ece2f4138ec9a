"""The head of a city file with one site and one gateway: each test adds the sensors that it needs."""

CITY_OF_ONE_GATEWAY = """
[city]
name = "Morotai"
zone = "Asia/Jayapura"
[[sites]]
id = "daruba"
name = "Daruba"
latitude = 2.05
longitude = 128.29
[[gateways]]
id = "gw-daruba"
name = "Daruba"
site = "daruba"
"""
