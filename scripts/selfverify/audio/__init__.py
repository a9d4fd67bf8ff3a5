"""Samples and what is measured on them: levels, speech, pitch, pace; the mini voice."""
