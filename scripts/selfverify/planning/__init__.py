"""What the real systems need, computed from their architectures."""
