"""What every streaming recogniser needs, whatever its wire: audio in pieces, transcripts, a watch."""
