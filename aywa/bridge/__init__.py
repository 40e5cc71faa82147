"""The one border to asyncio."""
