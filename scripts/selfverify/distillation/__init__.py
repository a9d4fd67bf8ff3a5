"""Distillation: teaching a system what its verified candidates sound like.

A policy is a system trained on candidates that the verifier has judged. All arms are given as many
candidates of training prompts and as many steps; evaluation is on prompts that none was trained on.
"""
