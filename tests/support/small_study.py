"""The smallest real study: one system, one prompt set of two, one recogniser; 35 jobs."""

import shutil
from pathlib import Path

from study import copy_tree, git, read_params, write_params

SYSTEM, CODEC, RECOGNISER = "mini-csm", "mini-mimi", "moonshine-tiny.en"


def make_small_study(folder: Path) -> Path:
    """A repository with the parameters committed and nothing run."""
    folder.mkdir(parents=True)
    copy_tree(folder)
    for checkpoint in (folder / "data/mini/checkpoints").iterdir():
        if checkpoint.is_dir() and checkpoint.name not in (SYSTEM, CODEC):
            shutil.rmtree(checkpoint)
    params = read_params(folder)
    params["listening"]["num_studies"] = 2
    params["scorer"]["prompts_per_shard"] = 2
    mini = params["tracks"]["mini"]
    for part in ("train_prompts", "distillation", "calibration"):
        del mini[part]
    mini |= {"pool_size": 2, "best_of": [1, 2], "larger_system": SYSTEM}
    mini |= {"verifier": RECOGNISER, "evaluator": RECOGNISER}
    one = {"source": "grammar", "num_utterances": 2, "num_shards": 1}
    mini["prompt_sets"] = {"standard": one}
    for kind, name in (("systems", SYSTEM), ("codecs", CODEC), ("recognisers", RECOGNISER)):
        mini[kind] = {name: mini[kind][name]}
    write_params(folder, params)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Begin")
    return folder


def final_bytes(folder: Path) -> dict[str, bytes]:
    """Every result of a study by its path, what git and DVC keep, without records of times."""
    made = [*(folder / "data/mini").rglob("*"), *(folder / "figures").rglob("*")]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(made)
        if path.is_file() and not {"checkpoints", "provenance"} & set(path.parts)
    }
