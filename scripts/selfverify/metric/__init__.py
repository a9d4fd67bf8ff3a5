"""The failure metric: pure functions of text and seconds, no files, no models."""
