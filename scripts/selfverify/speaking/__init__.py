"""Verified synthesis: texts to audio that a recogniser has understood."""
