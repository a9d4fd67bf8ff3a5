"""What every job of the workflow shares: parameters, command lines, code closure, progress."""
