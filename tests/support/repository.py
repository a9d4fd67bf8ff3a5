"""Where the tests find the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
CHECKPOINTS = ROOT / "data" / "mini" / "checkpoints"
