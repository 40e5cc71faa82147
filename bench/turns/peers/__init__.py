"""Other systems on the same dialogues, each in a process of the peers' virtual environment."""
