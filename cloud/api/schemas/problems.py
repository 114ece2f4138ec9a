"""An error, as RFC 9457 has it.

{"type":"urn:siaga:problem:unknown-sensor","title":"No such sensor","status":404,"detail":"sensor: there is no …", …}
"""

from pydantic import ConfigDict, Field

from cloud.api.schemas.base import AnswerModel


class ProblemAnswer(AnswerModel):
    """An error, as RFC 9457 has it; `problems` is there only where there are several."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)
    type: str = Field(examples=["urn:siaga:problem:bad-parameter"])
    title: str
    status: int
    detail: str = Field(description="one sentence: what, which value, what to do")
    instance: str
    problems: list[str] = Field(default=[], description="each mistake by itself, where there can be several")
