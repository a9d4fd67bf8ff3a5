"""`selfverify score` in other languages: what is refused, and the way through, with a double.

No model here hears another language than English, so a double stands for the recogniser.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from selfverify import ScoreOptions, score_clip, score_manifest
from selfverify.asr.base import Hypothesis, Recogniser
from selfverify.errors import InputError
from selfverify.languages import load_language
from selfverify.languages.identification import MIN_BYTES, num_letter_bytes, other_language
from selfverify.metric.taxonomy import Thresholds
from selfverify.scoring import run
from selfverify.scoring.fingerprint import Listener
from selfverify.scoring.listening import check_hears, hears_other_languages

RATE = 16_000
TEXTS = {
    "de": "Der Zug fährt um 10:30 Uhr ab.",
    "es": "El tren sale a las 10:30 de la mañana.",
    "fr": "Le train part à 10 h 30 du matin.",
    "zh": "火车上午10:30从北京出发。",
}
HEARD = {
    "de": "Der Zug fährt um halb elf ab.",
    "es": "El tren sale a las diez y media de la mañana.",
    "fr": "Le train part à dix heures trente du matin.",
    "zh": "火车上午十点半从北京出发",
}


class Double(Recogniser):
    """Writes the same whatever it is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def _short(self, clips: list[np.ndarray]) -> list[Hypothesis]:
        return [self._long(clip) for clip in clips]

    def _long(self, clip: np.ndarray) -> Hypothesis:
        return Hypothesis(self.text, -0.1, 0.0, 1.0)


@pytest.fixture
def hears(monkeypatch):
    def put(text: str) -> None:
        monkeypatch.setattr(run, "load_listener", lambda *_: Double(text))

    return put


def options(language: str) -> ScoreOptions:
    return ScoreOptions(model="multilingual", language=language)


@pytest.fixture
def clip(tmp_path, speech) -> Path:
    sf.write(tmp_path / "clip.wav", speech[1], RATE)
    return tmp_path / "clip.wav"


@pytest.mark.parametrize("language", TEXTS)
def test_what_was_said_passes_and_another_text_fails(clip, hears, language):
    hears(HEARD[language])
    row = score_clip(clip, TEXTS[language], options=options(language))
    assert (row["decision"], row["cer"]) == ("pass", 0.0)
    spoken = load_language(language)
    assert row["expected_s"] == spoken.expected_seconds(TEXTS[language], spoken.pace)
    hears({"zh": "今天天气很好我们去公园"}.get(language, "abc def ghi jkl mno pqr stu vwx"))
    row = score_clip(clip, TEXTS[language], options=options(language))
    assert (row["decision"], row["failure_mode"]) == ("fail", "content_collapse")


def test_what_made_the_verdicts_names_the_language_and_its_packages(clip, hears, tmp_path):
    hears(HEARD["de"])
    (tmp_path / "m.csv").write_text(f'audio,text\nclip.wav,"{TEXTS["de"]}"\n')
    score_manifest(tmp_path / "m.csv", tmp_path / "v.csv", options("de"))
    made_by = json.loads((tmp_path / "v.made_by.json").read_text())
    assert made_by["language"] == "de"
    assert made_by["normaliser"].startswith("num2words 0.")
    assert made_by["pace"] == {"fixed_s": 1.31, "s_per_letter": 0.0687}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (ScoreOptions(language="de"), "hears English alone, not 'de'; name a multilingual one"),
        (ScoreOptions(language="zh", recogniser="moonshine", model="x"), "--recogniser moonshine"),
        (ScoreOptions(language="fr", model="small.en"), "small.en hears English alone"),
        (ScoreOptions(language="es", model="small", second="moonshine"), "--second moonshine"),
        (ScoreOptions(language="it", model="small"), "is not known here, .* de, en, es, fr, zh"),
    ],
)
def test_a_recogniser_or_language_that_would_be_wrong_is_refused_in_one_line(given, message):
    with pytest.raises(InputError, match=message) as error:
        given.check()
    assert "\n" not in str(error.value)


def test_a_path_whose_model_turns_out_to_be_english_is_refused():
    check_hears(Listener("faster-whisper", "/models/whisper"), "de", "--recogniser")
    for said, expected in ((True, True), (False, False)):
        double = Double("")
        double.model = type("Model", (), {"is_multilingual": said})()
        assert hears_other_languages(double) is expected
        # faster-whisper has CTranslate2's model within its own.
        double.model = type("Outer", (), {"model": double.model, "is_multilingual": True})()
        assert hears_other_languages(double) is expected
    assert hears_other_languages(Double(""))  # a CTC model says nothing


def test_the_bundled_whisper_is_known_to_be_english_once_it_is_loaded():
    from selfverify.scoring.listening import load_listener
    from selfverify.scoring.options import BUNDLED

    found = load_listener(Listener("faster-whisper", BUNDLED["faster-whisper"]), "cpu", "en", 1)
    assert not hears_other_languages(found)


@pytest.mark.parametrize("language", TEXTS)
def test_texts_of_another_language_are_refused_by_default(tmp_path, clip, language):
    (tmp_path / "m.csv").write_text(f'audio,text\nclip.wav,"{TEXTS[language]}"\n')
    with pytest.raises(InputError, match=f"looks like '{language}', not 'en'; say --language"):
        score_manifest(tmp_path / "m.csv")
    with pytest.raises(InputError, match=f"the text: looks like '{language}', not 'en'"):
        score_clip(clip, TEXTS[language])


def test_a_language_that_is_not_known_is_refused_with_those_that_are(clip):
    with pytest.raises(InputError, match="looks like 'ja', not 'en'; there are de, en, es, fr, zh"):
        score_clip(clip, "電車は十時半に出発します。")


def test_a_row_of_another_language_is_a_bad_row(tmp_path, clip, speech):
    english = [f"clip.wav,{speech[0]}\n", "clip.wav,Nobody had expected the rain that evening.\n"]
    table = ["audio,text\n", *english * 6, f'clip.wav,"{TEXTS["de"]}"\n']
    (tmp_path / "m.csv").write_text("".join(table))
    found = score_manifest(tmp_path / "m.csv", options=ScoreOptions(recogniser="moonshine"))
    assert [(bad.row, "looks like 'de'" in bad.reason) for bad in found.bad_rows] == [(13, True)]
    assert len(found.verdicts) == 12


def test_what_the_user_vouches_for_is_scored(clip):
    trusting = ScoreOptions(recogniser="moonshine", trust_language=True)
    assert score_clip(clip, TEXTS["de"], options=trusting)["decision"] == "fail"


def test_no_english_text_is_doubted():
    with (Path(__file__).parents[1] / "verdicts" / "pairs.csv").open(newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert [text for text in texts if other_language(text, "en")] == []


@pytest.mark.parametrize("language", TEXTS)
def test_no_text_of_a_language_is_doubted(language):
    with (Path(__file__).parent / f"pairs.{language}.csv").open(newline="") as file:
        texts = {row["text"] for row in csv.DictReader(file)}
    examined = [text for text in texts if num_letter_bytes(text) >= MIN_BYTES]
    assert len(examined) >= 10
    assert [text for text in examined if other_language(text, language)] == []


def test_numbers_of_words_become_numbers_of_characters_in_mandarin():
    found = load_language("zh").thresholds(Thresholds())
    assert (found.early_min_words, found.repeat_min_words, found.insert_min_words) == (3, 5, 6)
    assert load_language("de").thresholds(Thresholds()) == Thresholds()
