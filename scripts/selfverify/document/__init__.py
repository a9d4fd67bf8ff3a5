"""The study as a paper whose every number is read from a result."""
