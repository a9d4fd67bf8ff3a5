"""A stage: the files of one step and one owner, versioned together."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """What `dvc.yaml` versions as one, and `snakemake stage_NAME` makes."""

    name: str  # "candidates-mini-llasa"
    files: tuple[str, ...]  # every file, relative to the repository
    params: tuple[str, ...] = ()  # keys of params.yaml that decide them, dotted
    folder: str = ""  # what DVC tracks where it is a folder; else the files one by one
    folders: tuple[str, ...] = ()  # where it is several folders, or single files beside them
    unlisted: tuple[str, ...] = ()  # of these, in which a job leaves more than the files it names
    in_git: bool = False  # small results that git keeps as they are
    metrics: tuple[str, ...] = ()  # files among them that `dvc metrics` reads

    @property
    def target(self) -> str:
        """The name of its Snakemake target."""
        return f"stage_{self.name}"

    @property
    def outs(self) -> tuple[str, ...]:
        """The paths that DVC tracks."""
        return (self.folder,) if self.folder else self.folders or self.files

    def out_of(self, file: str) -> str:
        """Returns which of these paths stands for one of the files."""
        return next((out for out in self.outs if file.startswith(f"{out}/")), file)

    @property
    def is_complete(self) -> bool:
        """Whether every file is there."""
        return all(Path(file).exists() for file in self.files)

    @property
    def orphans(self) -> list[Path]:
        """Files in its folders that no rule makes any more, such as shards of an older split."""
        folders = {*filter(None, [self.folder]), *self.folders} - {*self.unlisted}
        found = [path for folder in folders for path in Path(folder).rglob("*")]
        return sorted(path for path in found if path.is_file() and str(path) not in self.files)


def stage_of_files(stages: Iterable[Stage]) -> dict[str, Stage]:
    """Returns the stage of each file."""
    return {file: stage for stage in stages for file in stage.files}
