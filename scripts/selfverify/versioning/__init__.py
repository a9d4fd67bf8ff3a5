"""Keeping Snakemake, which owns the graph, and DVC, which owns the bytes, of one mind.

DVC restores files, not what Snakemake knows of how they were made. So a run ends by writing what it
knows into `data/{track}/provenance/`, which is in git, and committing the files to DVC (`record`);
and in a clone, before the graph is built, those records are given back for every file whose bytes
are the committed ones (`adopt`). After `dvc pull`, `snakemake all` has nothing to do, and an edit
reruns what it decides.
"""
