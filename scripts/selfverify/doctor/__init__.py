"""What this machine can run: what is there, what is missing, and the time and space it will take."""
