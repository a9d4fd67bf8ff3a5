"""LibriSpeech (https://www.openslr.org/12, CC BY 4.0): texts to speak, and how humans said them.

A split is read from its archive as downloaded, or from the folder that it unpacks to:
LibriSpeech/SPLIT/SPEAKER/CHAPTER/ holds SPEAKER-CHAPTER.trans.txt, with lines "ID TRANSCRIPT", and
ID.flac for each of them (README.TXT of the corpus).

Transcripts are upper case without punctuation, and no system is meant to read that. `written_form`
restores what follows from the words alone and guesses nothing. Against LibriSpeech-PC, which has
the books' signs for 1,483 utterances of test-clean, 4.7 % of words differ in case (names, and
sentences that begin inside), 14 % of texts end in another sign and 76 % have more signs inside.
"""

import io
import re
import tarfile
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, groupby, zip_longest
from pathlib import Path, PurePath
from typing import BinaryIO

import numpy as np
import soundfile as sf

from selfverify.errors import InputError
from selfverify.storage.records import Utterance

CATEGORY = "librispeech"
CURE = "download and unpack it again"


def read_utterances(source: Path, prompt_set: str) -> list[Utterance]:
    """Returns the utterances of a split, sorted by id, expected to last as long as the human took.

    Args:
        source: the split's archive, or a folder with its files at any depth.
        prompt_set: what the utterances name as their split.

    Raises:
        InputError: if the source cannot be read or has nothing of LibriSpeech.
        InputError: if a transcript has no recording, or a recording no transcript.
    """
    transcripts: dict[str, str] = {}
    durations: dict[str, float] = {}
    for name, file in _files(source):
        if name.name.endswith(".trans.txt"):
            transcripts |= _transcripts(name, file)
        elif name.suffix == ".flac":
            durations[name.stem] = _duration_s(name, file)
    if not transcripts:
        raise InputError(f"{source}: no .trans.txt in it, so it is not LibriSpeech; {CURE}")
    for utterance_id in sorted(transcripts.keys() ^ durations.keys()):
        missing = "recording" if utterance_id in transcripts else "transcript"
        raise InputError(f"{source}: utterance {utterance_id} has no {missing}; {CURE}")
    return [
        _utterance(key, transcripts[key], durations[key], prompt_set) for key in sorted(transcripts)
    ]


def choose_utterances(
    utterances: Iterable[Utterance],
    *,
    num_utterances: int,
    max_s: float,
    rng: np.random.Generator,
) -> list[Utterance]:
    """Returns a random choice with speakers in turn, whatever the order of the input.

    A larger choice of an equal generator begins with the smaller one.

    Args:
        utterances: what to choose from.
        num_utterances: how many.
        max_s: none for which the human took longer, seconds.
        rng: of the choice.

    Raises:
        InputError: if fewer utterances are short enough.
    """
    fitting = sorted((u for u in utterances if u.expected_s <= max_s), key=lambda u: u.utterance_id)
    if len(fitting) < num_utterances:
        raise InputError(
            f"num_utterances {num_utterances} is more than the {len(fitting)} utterances of at most"
            f" {max_s:g} s; lower it, or raise max_s"
        )
    groups = [list(group) for _, group in groupby(fitting, key=_speaker)]
    shuffled = [[group[i] for i in rng.permutation(len(group))] for group in groups]
    rounds = zip_longest(*(shuffled[i] for i in rng.permutation(len(shuffled))))
    in_turn = [u for u in chain.from_iterable(rounds) if u is not None]
    return in_turn[:num_utterances]


def read_recordings(source: Path, utterance_ids: Collection[str]) -> dict[str, bytes]:
    """Returns the FLAC files of the utterances by their id.

    Raises:
        InputError: if the source cannot be read or has no recording of one of them.
    """
    found = {
        name.stem: file.read()
        for name, file in _files(source)
        if name.suffix == ".flac" and name.stem in utterance_ids
    }
    for utterance_id in utterance_ids:
        if utterance_id not in found:
            raise InputError(
                f"{source}: no recording of utterance {utterance_id}; make the prompts from it too"
            )
    return found


def written_form(transcript: str) -> str:
    """Returns a transcript in sentence case with a full stop: "I" large, apostrophes kept."""
    words = re.sub(r"\bi\b", "I", transcript.lower())
    return re.sub(r"^\W*\w", lambda start: start[0].upper(), words) + "."


def _utterance(utterance_id: str, transcript: str, duration_s: float, prompt_set: str) -> Utterance:
    text = written_form(transcript)
    return Utterance(
        utterance_id=utterance_id,
        text=text,
        spoken=(text.removesuffix("."),),
        category=CATEGORY,
        split=prompt_set,
        num_words=len(transcript.split()),
        expected_s=duration_s,
    )


def _speaker(utterance: Utterance) -> str:
    return utterance.utterance_id.split("-")[0]


def _files(source: Path) -> Iterator[tuple[PurePath, BinaryIO]]:
    """Every file with its name, in the order of archive or file system."""
    if source.is_dir():
        for path in filter(Path.is_file, source.rglob("*")):
            with path.open("rb") as file:
                yield path, file
        return
    try:
        # Streamed: reading on is faster than unpacking, and leaves no thousands of files behind.
        with tarfile.open(source, "r|*") as archive:
            for member in filter(tarfile.TarInfo.isfile, archive):
                content = archive.extractfile(member)
                assert content is not None  # only links and folders have none
                yield PurePath(member.name), io.BytesIO(content.read())
    except (tarfile.TarError, OSError) as error:
        raise InputError(f"{source} cannot be read ({error}); {CURE}") from None


def _transcripts(name: PurePath, file: BinaryIO) -> dict[str, str]:
    """Utterance id → transcript of one chapter."""
    transcripts = {}
    for number, line in enumerate(file.read().decode().splitlines(), start=1):
        utterance_id, _, transcript = line.strip().partition(" ")
        if not transcript:
            raise InputError(f"{name}, line {number}: not an id and its transcript; {CURE}")
        transcripts[utterance_id] = transcript
    return transcripts


def _duration_s(name: PurePath, file: BinaryIO) -> float:
    """Seconds of a recording by its header."""
    try:
        return sf.info(file).duration
    except sf.LibsndfileError as error:
        raise InputError(f"{name} is no recording ({error}); {CURE}") from None
