"""From verdicts to the cells of tables and figures, and how these look."""
