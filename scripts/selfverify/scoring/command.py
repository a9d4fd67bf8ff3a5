"""The arguments of `selfverify score` and `compare`; nothing heavy is imported before."""

import sys
from pathlib import Path

from tyro.conf import Positional

from selfverify.audio.pace import LIBRISPEECH_READERS, Pace
from selfverify.errors import InputError
from selfverify.metric.taxonomy import Thresholds

OF_THE_STUDY = Thresholds()


def score(
    manifest: Positional[Path],
    *,
    out: Path | None = None,
    max_rate: float | None = None,
    confidence: float = 0.95,
    recogniser: str = "faster-whisper",
    model: str | None = None,
    second: str | None = None,
    second_model: str | None = None,
    device: str = "cpu",
    language: str | None = None,
    trust_language: bool = False,
    batch_size: int = 16,
    thresholds: Thresholds = OF_THE_STUDY,
    pace: Pace = LIBRISPEECH_READERS,
    params: Path | None = None,
    junit: Path | None = None,
    markdown: Path | None = None,
) -> None:
    """Failure labels for audio of any text-to-speech; with a limit, a gate.

    Writes a verdict per clip and prints the failure rates with exact 95 % intervals. A killed run
    goes on where it was. Rows that cannot be read are listed and in no rate. As a gate, with
    --max-rate, the exit status is 0 if the rate is shown to be at most the limit even if every clip
    failed that was not judged or could not be read, 1 if it is shown to be above it, 2 if neither
    is shown, 3 if nothing could be scored.

    Args:
        manifest: a table (.csv, .jsonl, .parquet) with the columns audio, a path relative to it,
            and text; optional: spoken, other acceptable readings (in CSV separated by |);
            expected_s or reference_audio, for the expected duration; id; system. Or a folder: of
            audio with a .txt of the same name each, of Kaldi (wav.scp, text), or of LibriSpeech.
        out: .csv or .parquet to write; beside MANIFEST, .verdicts.csv, if not given.
        max_rate: the highest failure rate that passes the gate, such as .02.
        confidence: with which the gate's answer is shown, one-sided.
        recogniser: faster-whisper, moonshine (English alone, at half the cost), ctc,
            openai-whisper or, on a CPU, openvino-whisper, which hears the same in less time.
        model: a name that the recogniser's package knows, such as large-v3, or a path. Not given,
            the bundled one: Whisper tiny.en or Moonshine tiny, good enough to find catastrophes,
            not small slips.
        second: another recogniser; a clip on which the two disagree is not judged.
        second_model: its model.
        device: cpu or cuda.
        language: of the texts: en, de, es, fr or zh; all but en need a multilingual --model.
            Texts that look like another language are refused.
        trust_language: score them all the same.
        batch_size: clips recognised at once; more on a GPU.
        thresholds: of the metric, see docs/metric.md.
        pace: what an expected duration is estimated with where the manifest does not say; of human
            readers, not fitted on the clips at hand, whose failures would shift it.
        params: a study's params.yaml, to take thresholds and language from.
        junit: JUnit XML to write, a test case per row.
        markdown: page to write, the summary and the failures.
    """
    from selfverify.scoring.decisions import NOT_JUDGED
    from selfverify.scoring.gate import ask_gate, check_limits, in_words
    from selfverify.scoring.options import ScoreOptions, read_metric
    from selfverify.scoring.reports import NO_VERDICTS, Reports
    from selfverify.scoring.rows import printable
    from selfverify.scoring.run import NothingScored, score_manifest

    of_params = "en"
    if params:
        if thresholds != OF_THE_STUDY:
            raise InputError("--params and --thresholds both say the thresholds; leave one out")
        thresholds, of_params = read_metric(params)
    options = ScoreOptions(
        recogniser, model, second, second_model, device, language or of_params, batch_size,
        thresholds, pace, trust_language,
    )  # fmt: skip
    out = out or _beside(manifest if manifest.suffix else manifest.resolve())  # of "." too
    if max_rate is not None:
        check_limits(max_rate, confidence)
    reports = Reports(junit, markdown)
    reports.make_room()
    try:
        scores = score_manifest(manifest, out, options)
    except NothingScored as error:
        reports.write(NO_VERDICTS, error.bad_rows, str(error))
        raise
    summary, gate = scores.summary, None
    if max_rate is not None:
        decisions = [*scores.verdicts["decision"], *[NOT_JUDGED] * len(scores.bad_rows)]
        gate = ask_gate(decisions, max_rate=max_rate, confidence=confidence)
        summary += f"\n{in_words(gate)}"
    print(f"{summary}\nverdicts: {printable(out)}", flush=True)
    reports.write(scores.verdicts, scores.bad_rows, summary)
    if gate:
        sys.exit(gate.answer)


def _beside(manifest: Path) -> Path:
    name = manifest.name if manifest.is_dir() else manifest.stem
    return manifest.with_name(f"{name}.verdicts.csv")


def compare(a: Positional[Path], b: Positional[Path], *, max_increase: float = 0.02) -> None:
    """Whether B fails more often than A, by two verdict files of the same texts.

    Prints the difference with its interval and an exact test paired by text, and the clips whose
    decision changed. Exit status 0 if B is shown to fail at most --max-increase more often; else 1
    if it is shown to fail more often than A (p < .05), 2 if neither is shown. 3 if the files cannot
    be compared: other texts, or made by another metric, recogniser or threshold. Texts that one of
    the two has not judged are counted against B before status 0 is given.

    Args:
        a: verdicts of `selfverify score`, .csv or .parquet, with its .made_by.json beside it: what
            is out now.
        b: verdicts on the same texts: the candidate.
        max_increase: of the failure rate, that would not matter.
    """
    from selfverify.scoring.comparison import compare_verdicts, in_words

    found = compare_verdicts(a, b, max_increase=max_increase)
    print(in_words(found))
    sys.exit(found.answer)
