"""A checkpoint from the Hugging Face hub into a folder, its licence shown before the download.

What was downloaded is written beside it (source.json: repository, commit, licence, and whether the
output matrix in the files is the embedding), and SHA256SUMS over all files, which every later step
checks.
"""

import json
import sys
from pathlib import Path

import torch
from httpx2 import HTTPError
from huggingface_hub import DryRunFileInfo, HfApi, snapshot_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
from safetensors import safe_open

from selfverify.errors import InputError
from selfverify.storage.checkpoints import write_checksums
from selfverify.workflow.script import run_script


def fetch_checkpoint(
    *, repo: str, revision: str, licence: str, mirror: str, files: list[str], output: Path
) -> None:
    """Downloads the files of a repository that match, or goes on where a download broke off.

    Args:
        repo: hub id.
        revision: branch, tag or commit.
        licence: of the weights, for the message before the download.
        mirror: an ungated copy to name if the repository is gated; empty if there is none.
        files: patterns of the files to take.
        output: SHA256SUMS of the folder to write.

    Raises:
        InputError: if the repository is gated, missing or out of reach; says what to do instead.
    """
    folder = output.parent
    try:
        commit = HfApi().model_info(repo, revision=revision).sha
        choice = {"revision": commit, "allow_patterns": files, "local_dir": folder}
        planned = snapshot_download(repo, dry_run=True, **choice)
        _announce(planned, f"{repo} at {commit}", licence)
        snapshot_download(repo, **choice)
    except (HTTPError, OSError) as error:
        raise InputError(f"{repo}: {_cure(error, repo, revision, mirror, folder)}") from error
    source = {
        "repo": repo, "revision": revision, "commit": commit, "licence": licence,
        "head_equals_embedding": head_equals_embedding(folder),
    }  # fmt: skip
    (folder / "source.json").write_text(json.dumps(source, indent=1) + "\n")
    write_checksums(folder)


def head_equals_embedding(folder: Path) -> bool | None:
    """Returns whether the output matrix in the files is the embedding; None if they lack either.

    Some checkpoints store both although their config says that they are one. Where the two differ,
    transformers 4 ties them all the same and transformers 5 does not: two different models.
    """
    stored = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in {"lm_head.weight", "model.embed_tokens.weight"} & set(file.keys()):
                stored[name] = file.get_tensor(name)
    return torch.equal(*stored.values()) if len(stored) == 2 else None


def _announce(planned: list[DryRunFileInfo], name: str, licence: str) -> None:
    gigabytes = sum(file.file_size or 0 for file in planned if file.will_download) / 1e9
    print(f"{name}: {gigabytes:.2f} GB to download, licence {licence}", file=sys.stderr)


def _cure(error: Exception, repo: str, revision: str, mirror: str, folder: Path) -> str:
    by_hand = f"or put the files into {folder} and list them with `sha256sum * > SHA256SUMS`"
    if isinstance(error, GatedRepoError):
        instead = f", or take the ungated mirror {mirror} as `hub.repo`" if mirror else ""
        return (
            f"gated: accept its terms on https://huggingface.co/{repo} and log in with "
            f"`hf auth login`{instead}, {by_hand}"
        )
    if isinstance(error, RepositoryNotFoundError):
        return f"no such repository, or none for you: check `hub.repo` in params.yaml, {by_hand}"
    return f"revision {revision} cannot be downloaded ({error}): try again, {by_hand}"


if __name__ == "__main__":
    run_script(fetch_checkpoint)
