"""What this machine can run: what is there and missing, and the time and space it will take."""
