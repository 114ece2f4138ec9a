"""Made-up payloads of LoRaWAN devices, a JSON object a line, as the examples of their maker stand in READMEs."""

import json

ROWS = (
    ("vs121", "05cc0b000400", {"people_in": 11, "people_out": 4}),
    ("vs133", "05cc0300010008cc00000000", {"line_1_period_in": 3, "line_1_period_out": 1}),
    ("vs350", "01754103670401", {"battery": 65, "temperature": 26}),
    ("em500-udl", "01755003824c1d", {"battery": 80, "distance": 7500}),
    ("em500-swl", "0175500377c800", {"battery": 80, "depth": 200}),
    ("am308", "03671b010468820b7d19000c7d2c00", {"temperature": 28.3, "humidity": 65, "pm2_5": 25, "pm10": 44}),
    ("wts506", "058484030673742707922a00", {"wind_direction": 90, "pressure": 1010, "wind_speed": 4.2}),
    (
        "wts506",
        "21ce00e2f1650801821427580216000f270000",
        {
            "history": [
                {"timestamp": 1710350848, "temperature": 26.4, "humidity": 65, "pressure": 1000.4, "wind_direction": 60,
                 "wind_speed": 2.2, "rainfall_total": 99.99}
            ]
        },
    ),
)  # fmt: skip


def milesight_jsonl() -> str:
    """All of them, one a line."""
    return "\n".join(json.dumps({"device": device, "hex": text, "expected": means}) for device, text, means in ROWS)


def sparkplug_tsv() -> str:
    """Commands for a rebirth, as a host application that nobody wrote would send them: message, topic, hexadecimal."""
    command = "08d2e283b9fa32121a0a144e6f646520436f6e74726f6c2f52656269727468200b7001"
    return f"message\ttopic\thex\nNCMD rebirth\tspBv1.0/<group>/NCMD/<edge>\t{command}"
