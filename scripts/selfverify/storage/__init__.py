"""What lies on disk: records and tables, checkpoints, downloads, each whole or not at all."""
