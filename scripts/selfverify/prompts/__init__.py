"""Prompt sets: the texts to be spoken, with what is known of each."""
