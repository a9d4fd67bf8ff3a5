"""Statistics of the study, a module per theme; pure functions of arrays.

Nothing is re-exported: a rule's `code` is what its script imports, so that an edited contrast
reruns no prompt set.
"""
