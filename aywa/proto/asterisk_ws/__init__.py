"""What Asterisk's websocket channel (`chan_websocket`) and its application say to each other beside audio."""
