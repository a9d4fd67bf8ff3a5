"""Printed numbers against the records, made again."""
