"""What a person writes about an assistant's recogniser, by provider."""

import aywa.model.transcribers.plan  # noqa: F401  # completes the plans, which name their fallbacks
