"""Which candidate of a pool is kept, and what it costs."""
