"""AudioSocket: Asterisk's audio over TCP, as values and as bytes (its `res_audiosocket`, both roles)."""
