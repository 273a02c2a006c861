"""What all shapes of answers have in common."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """Base of all answers: no field goes undocumented."""

    model_config = ConfigDict(extra="forbid")
