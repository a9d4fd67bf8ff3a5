"""The real systems at their size and speed, with random weights of the published configurations."""
