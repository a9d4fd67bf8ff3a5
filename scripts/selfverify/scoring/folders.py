"""Folders of audio and texts as records of a manifest: Kaldi, LibriSpeech, a .txt beside each clip.

Whatever has a text or audio is a record; what lacks the other one becomes a bad row, since a clip
that was never written must not vanish from the count.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selfverify.errors import InputError
from selfverify.scoring.datasets_on_disk import is_dataset, read_dataset

PROBLEM = "what is wrong with the row"  # key of a record that could not be read as one
AUDIO = (
    ".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".mp4", ".aac", ".webm", ".aiff", ".aif",
    ".au", ".wma",
)  # fmt: skip
TRANSCRIPTS = ".trans.txt"  # of LibriSpeech, one a chapter


def read_folder(folder: Path) -> list[dict[str, Any]]:
    """Returns a record per clip, with audio relative to the folder.

    A folder is one of four kinds, the first that fits: Kaldi's, with `wav.scp` and `text`; a
    dataset that Hugging Face's library saved (`datasets_on_disk`); LibriSpeech's, with a
    `*.trans.txt` per subfolder; else every audio file below it with a text of the same name,
    `a/b.wav` and `a/b.txt`.

    Raises:
        InputError: if its kind cannot be read.
    """
    if (folder / "wav.scp").exists():
        return list(_of_kaldi(folder))
    if is_dataset(folder):
        return read_dataset(folder)
    if chapters := sorted(folder.rglob(f"*{TRANSCRIPTS}")):
        return [record for path in chapters for record in _of_librispeech(path, folder)]
    return list(_of_pairs(folder))


def _of_kaldi(folder: Path) -> Iterator[dict[str, str]]:
    if (folder / "segments").exists():
        raise InputError(f"{folder}: segments cut its recordings; write each segment to a file")
    audio, texts = _by_id(folder / "wav.scp"), _by_id(folder / "text")
    for name in dict.fromkeys([*audio, *texts]):
        place = audio.get(name, "")
        record = {"id": name, "audio": place, "text": texts.get(name, "")}
        if place.endswith("|"):
            record[PROBLEM] = "wav.scp has a command, which is not run; write its output to a file"
        elif not os.path.exists(folder / place) and os.path.exists(place):  # these never raise
            record["audio"] = str(Path(place).resolve())  # Kaldi's are relative to where it runs
        yield record


def _of_librispeech(transcripts: Path, folder: Path) -> Iterator[dict[str, str]]:
    texts = _by_id(transcripts)
    for name, text in texts.items():
        files = [transcripts.with_name(f"{name}{suffix}") for suffix in AUDIO]
        found = next((file for file in files if os.path.isfile(file)), files[1])
        yield {"id": name, "audio": str(found.relative_to(folder)), "text": text}
    audio = (file for file in transcripts.parent.iterdir() if file.suffix.lower() in AUDIO)
    for file in sorted(file for file in audio if file.stem not in texts):
        problem = f"no line of {transcripts.name} has it"
        place = str(file.relative_to(folder))
        yield {"id": file.stem, "audio": place, "text": "", PROBLEM: problem}


def _of_pairs(folder: Path) -> Iterator[dict[str, str]]:
    # Not all that are files: of one that cannot be looked at it is not known, and it is a bad row.
    files = sorted(file for file in folder.rglob("*") if not os.path.isdir(file))
    audio = [file for file in files if file.suffix.lower() in AUDIO]
    texts = {file.with_suffix(""): file for file in files if file.suffix.lower() == ".txt"}
    for file in audio:
        place = str(file.relative_to(folder))
        yield {"audio": place} | _text_of(texts.get(file.with_suffix("")), place)
    for name in sorted(texts.keys() - {file.with_suffix("") for file in audio}):
        place = str(name.relative_to(folder))
        yield {"audio": place, "text": "", PROBLEM: f"no audio beside {texts[name].name}"}


def _text_of(file: Path | None, audio: str) -> dict[str, str]:
    if file is None:
        return {"text": "", PROBLEM: f"no {Path(audio).stem}.txt beside it"}
    try:
        return {"text": " ".join(file.read_text(encoding="utf-8-sig").split())}
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    return {"text": "", PROBLEM: f"{file.name} {problem}"}


def _by_id(path: Path) -> dict[str, str]:
    """What follows the first word of each line, by that word.

    Raises:
        InputError: if the file cannot be read, or has a word twice.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {str(error).splitlines()[0]}") from None
    found: dict[str, str] = {}
    for line in filter(str.strip, lines):
        name, *rest = line.split(maxsplit=1)
        if name in found:
            raise InputError(f"{path}: {name} is there twice")
        found[name] = rest[0].strip() if rest else ""
    return found
