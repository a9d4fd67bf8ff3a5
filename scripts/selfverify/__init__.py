"""Reliable neural-codec text-to-speech by ASR self-verification.

Light to import: torch, transformers and the recognisers are imported by the modules that run them.
"""
