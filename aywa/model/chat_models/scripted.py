"""The model that is the scenario's script."""

from __future__ import annotations

from typing import Literal

from aywa.model.chat_models.common import CommonModelPlan, ModelName


class ScriptedModelPlan(CommonModelPlan):
    """It says what the script says, and asks nobody. Of the other fields only `tools` mean anything to it."""

    provider: Literal["scripted"]
    model: ModelName = "script"
