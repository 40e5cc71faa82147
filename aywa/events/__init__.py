"""What happens in calls, as one stream: to whoever listens here, and to the other nodes."""
