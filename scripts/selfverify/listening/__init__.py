"""Audio for people: examples of every failure mode, and pages to hear them."""
