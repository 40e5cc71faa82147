"""Files that calls leave behind."""
