"""A study as catalogues describe it: cards for people, Croissant for machines."""
