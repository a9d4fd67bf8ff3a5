"""The arguments of `selfverify speak`; nothing heavy is imported before they are understood."""

from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import Positional


def speak(
    text: Positional[str],
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])],
    system: str = "mini-llasa",
    n: int | None = None,
    strict: bool = False,
    temperature: float | None = None,
    policy: Literal["good", "accepted", "best"] = "good",
    good_cer: float | None = None,
    verifier: Literal["one", "grey", "both"] = "one",
    retry_after: int = 0,
    retry_temperature: float = 0.5,
    draws_per_hearing: int = 1,
    seed: int = 2606,
    format: Literal["wav", "flac", "mp3"] = "wav",
    params: Path | None = None,
) -> None:
    """Speech that a recogniser has understood: draws, listens, keeps.

    Writes audio and, beside it, PATH.json with every take's seed and verdict; the same command
    gives the same samples. Long text is split at sentences and clauses, each verified by itself.
    Ctrl-C keeps the segments that are finished.

    Args:
        text: a text, a file, or - for standard input.
        out: audio to write, .wav, .flac or .mp3; a folder, without suffix, for several texts: one
            a line, or a .csv or .jsonl file with the column text and perhaps id. A folder also gets
            manifest.csv, which `selfverify score` reads.
        system: of a params file; the mini ones need no network.
        n: candidates of a segment at most; what the system's calibration shows if not given.
        strict: exit with 3 and write no audio of a text with a segment that never passed;
            otherwise the best take is kept and named.
        temperature: of sampling; what the calibration shows if not given.
        policy: stop at the first take that is good, at the first that is accepted, or draw all n
            and keep the best.
        good_cer: share of characters that the verifier may hear wrong in a good take; what the
            calibration shows if not given.
        verifier: whose word counts: the study's verifier alone; with its evaluator, of another
            family of recognisers, where the first accepts with doubt (more than 5 % of characters
            wrong); or both always, keeping the best by the mean of their ranks.
        retry_after: refused takes after which the temperature changes; 0: never.
        retry_temperature: to which.
        draws_per_hearing: hear only the one of so many draws that the system was least unsure of;
            fewer failures for as many hearings, and more draws.
        seed: of the draws.
        format: of the audio in a folder.
        params: a study's params.yaml; the one of this repository if not given.
    """
    from selfverify.speaking.run import speak_texts
    from selfverify.speaking.speaker import Speaker

    speak_texts(
        text,
        out,
        lambda: Speaker(
            system, n=n, temperature=temperature, policy=policy, good_cer=good_cer,
            verifier=verifier,
            retry_after=retry_after, retry_temperature=retry_temperature,
            draws_per_hearing=draws_per_hearing, seed=seed, params=params,
        ),
        strict=strict,
        suffix=f".{format}",
    )  # fmt: skip
