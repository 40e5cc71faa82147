"""Language models as an assistant's plan names them: one class for each provider, and their union."""

from aywa.model.chat_models.plan import CHAT_MODELS, ChatModelPlan, base_url

__all__ = ["CHAT_MODELS", "ChatModelPlan", "base_url"]
