"""Speech and language providers behind aywa.ports."""
