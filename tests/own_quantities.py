"""What a city adds to Siaga's own quantities, in the tests: noise in its streets, and the gas of its volcano."""

from wire import DomainRow, HourOf, Quantity, QuantityTable, Worse

DOMAINS = (
    DomainRow("noise", "Noise", "Kebisingan", "Health"),
    DomainRow("volcano", "Volcano", "Gunung api", "Geo"),
)
QUANTITIES = (
    Quantity(
        "leq", "noise", "dB[SPL]", 1, 20.0, 140.0, "Noise level", "Tingkat kebisingan",
        worse=Worse.UP, sign="dB(A)", step=60.0, stuck_s=3_600.0,
    ),
    Quantity(
        "horn_count", "noise", "{count}", 0, 0.0, 10_000.0, "Horns", "Klakson",
        hour=HourOf.SUM, worse=Worse.UP, sign="horns", sign_id="klakson",
    ),
    Quantity(
        "so2_column", "volcano", "g/m2", 2, 0.0, 100.0, "SO2 column", "Kolom SO2", hour=HourOf.MAX, worse=Worse.UP
    ),
)  # fmt: skip
TABLE = QuantityTable(DOMAINS, QUANTITIES)

CITY_TOML = """
[[domains]]
id = "noise"
name = "Noise"
name_id = "Kebisingan"
category = "Health"
[[domains]]
id = "volcano"
name = "Volcano"
name_id = "Gunung api"
category = "Geo"
[[quantities]]
id = "leq"
domain = "noise"
name = "Noise level"
name_id = "Tingkat kebisingan"
unit = "dB[SPL]"
sign = "dB(A)"
low = 20
high = 140
step = 60
stuck_s = 3600
[[quantities]]
id = "horn_count"
domain = "noise"
name = "Horns"
name_id = "Klakson"
unit = "{count}"
sign = "horns"
sign_id = "klakson"
decimals = 0
low = 0
high = 10_000
hour = "sum"
[[quantities]]
id = "so2_column"
domain = "volcano"
name = "SO2 column"
name_id = "Kolom SO2"
unit = "g/m2"
decimals = 2
low = 0
high = 100
hour = "max"
"""
"""The same as a part of a city file."""
