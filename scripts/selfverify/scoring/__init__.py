"""Failure labels for audio that this pipeline did not make: the command `selfverify score`."""
