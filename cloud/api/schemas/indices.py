"""Indices as they stand, and the versions of ISPU's table.

{"index":"ispu","site":"daruba-market","value":87,"category":{"english":"Moderate","indonesian":"Sedang","colour":"Blue",
 "colour_indonesian":"Biru","hex":"#0070c0"},"critical":"pm2_5","sub_indices":[…],"completeness":96,…}
"""

from pydantic import Field

from cloud.api.schemas.base import AnswerModel, Time
from rules import ispu

_COMPLETENESS = Field(description="% of the readings or hours due; null where there is nothing to complete")


class CategoryAnswer(AnswerModel):
    """A category in both languages; the colour by its official name where it has one ("" else), and as #rrggbb."""

    english: str
    indonesian: str
    colour: str
    colour_indonesian: str
    hex: str


class SubIndexAnswer(AnswerModel):
    """The index of one parameter at one sensor, of which the site's is the largest."""

    parameter: str
    sensor: str
    value: float
    category: CategoryAnswer
    completeness: float | None = _COMPLETENESS
    time: Time = Field(validation_alias="time_ms")


class CorrectionAnswer(AnswerModel):
    """What corrected the newest hour that an index stands on; `fact` is its version: GET /api/v1/facts has it."""

    parameter: str
    sensor: str
    name: str = Field(examples=["us_epa_2021", "linear", "co_location"])
    fact: int
    completeness: float | None = Field(description="% of what it needs beside the sensor; below 75 the hour is a gap")


class IndexAnswer(AnswerModel):
    """An index as it stands; `sensor` is the site's id where it is of the whole site."""

    index: str = Field(
        examples=["ispu", "ispu_klh_2026", "us_aqi", "who_2021_pm2_5", "rain_day", "siaga", "capacity_used"]
    )
    site: str
    sensor: str
    value: float
    unit: str = Field(description="UCUM", examples=["{ISPU}", "mm", "%"])
    category: CategoryAnswer
    critical: str | None = Field(description="the parameter that gives the index")
    sub_indices: list[SubIndexAnswer] = Field(validation_alias="parts")
    completeness: float | None = _COMPLETENESS
    above_scale: bool = Field(description="at the end of the scale: it may be worse than the index says")
    doubts: list[str] = Field(description="marks that speak against the value; empty where nothing does")
    corrections: list[CorrectionAnswer] = Field(description="empty where the sensors' values stand as they were sent")
    version: int | None = Field(description="of the computation; null where none was needed")
    time: Time = Field(validation_alias="time_ms")
    age_s: float
    source: str = Field(description="the regulation or publication", examples=["PermenLHK P.14/2020"])


class IndexTableAnswer(AnswerModel):
    """A version of ISPU's table; `number` stands in the series `ispu_table` beside what was computed with it."""

    key: str = Field(examples=["p14_2020", "klh_2026"])
    number: int
    name: str
    source: str
    status: ispu.TableStatus = Field(description="a regulation, or what was observed of a service that names none")
    valid_from: str = Field(description="since when it is in force or was seen, as well as that is known")
    official: bool = Field(description="the city's rules and the plain `ispu` go by it now")
    index_limits: list[float]
    breakpoints: dict[str, list[float]] = Field(description="upper ends of the bands by parameter, ug/m3")
