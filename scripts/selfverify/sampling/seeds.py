"""A candidate's seed: from what it is, not from when or where it was drawn."""

import hashlib


def candidate_seed(base_seed: int, system: str, utterance_id: str, candidate_index: int) -> int:
    """Returns a 63-bit seed; the same for any sharding, batch or machine."""
    key = f"{base_seed}/{system}/{utterance_id}/{candidate_index}".encode()
    return int.from_bytes(hashlib.sha256(key).digest()[:8], "big") >> 1


def settings_hash(*settings: object) -> str:
    """Returns 12 hexadecimal digits that stand for sampling settings and checkpoint."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:12]
