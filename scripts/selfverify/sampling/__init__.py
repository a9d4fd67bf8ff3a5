"""Pools of candidates: who is drawn, in which batch, with which seed."""
