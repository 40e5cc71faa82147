"""The one border to asyncio: libraries that have no Trio form are called through here and nowhere else."""
