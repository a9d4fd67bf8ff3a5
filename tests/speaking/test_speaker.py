"""The speaker with the mini system's own models and a recogniser whose ears are scripted."""

import json

import numpy as np
import pytest
import soundfile as sf

import selfverify
from selfverify.asr.base import Hypothesis, Recogniser
from selfverify.errors import InputError
from selfverify.scoring.manifest import read_manifest
from selfverify.speaking import run, speaker, texts
from selfverify.speaking.joining import EDGE_S, trim_silence, with_pause
from selfverify.speaking.segments import cut
from selfverify.storage.records import StopReason
from selfverify.systems.base import SampledCodes

TEXT = "Peter has fifteen dark rings. Susan bought two old chairs."


class Scripted(Recogniser):
    """Hears what it is told to, one after another, then nothing."""

    def __init__(self, said):
        super().__init__(batch_size=1)
        self.said = list(said)

    def _short(self, clips):
        return [Hypothesis(self.said.pop(0) if self.said else "", 0.0, 0.0, 1.0) for _ in clips]

    def _long(self, clip):
        raise AssertionError("no clip is that long")


def make(monkeypatch, said, ears=(), **options):
    monkeypatch.setattr(speaker, "load_families", lambda _, num: ears or [Scripted(said)])
    one = speaker.Speaker("mini-llasa", **({"n": 3, "temperature": 0.5} | options))
    one.setup.system["batch_size"] = 1  # so that what is heard comes in the order of the script
    return one


def speak(one, text=TEXT):
    return list(one.segments([("t", one.split(text))]))


def test_the_package_offers_the_speaker():
    assert selfverify.Speaker is speaker.Speaker
    with pytest.raises(AttributeError, match="Nothing"):
        selfverify.Nothing  # noqa: B018


def test_a_segment_that_is_understood_is_drawn_once_and_another_again(monkeypatch):
    one = make(monkeypatch, ["Peter has 15 dark rings", "wrong", "Susan bought two old chairs"])
    first, second = speak(one)
    assert (len(first.takes), len(second.takes)) == (1, 2)
    assert first.is_verified
    assert second.is_verified
    assert second.kept == 1
    assert second.takes[0].take.seed != second.takes[1].take.seed


@pytest.mark.parametrize(("good_cer", "num_takes"), [(0.05, 2), (0.4, 1)])
def test_how_many_errors_are_good_enough_is_asked_or_calibrated(monkeypatch, good_cer, num_takes):
    heard = ["Peter has fifty dark rings", "Peter has fifteen dark rings"]
    one = make(monkeypatch, heard, good_cer=good_cer)
    (segment,) = speak(one, "Peter has fifteen dark rings.")
    assert len(segment.takes) == num_takes
    assert segment.kept == num_takes - 1


def test_what_never_passes_keeps_its_best_and_says_so(monkeypatch):
    one = make(monkeypatch, ["no", "Peter has", "no"])
    (segment,) = speak(one, "Peter has fifteen dark rings.")
    assert not segment.is_verified
    assert segment.kept == 1
    assert "NOT VERIFIED" in run.describe(segment)


def test_the_same_arguments_give_the_same_samples_whatever_the_batch(monkeypatch):
    alone = speak(make(monkeypatch, []))
    together = make(monkeypatch, [])
    together.setup.system["batch_size"] = 2
    for a, b in zip(alone, speak(together), strict=True):
        assert [t.take.seed for t in a.takes] == [t.take.seed for t in b.takes]
        assert [len(t.take.sampled.token_ids) for t in a.takes] == [
            len(t.take.sampled.token_ids) for t in b.takes
        ]


def test_after_refusals_the_temperature_changes_if_asked(monkeypatch):
    one = make(monkeypatch, [], retry_after=1, retry_temperature=0.9)
    (segment,) = speak(one, "Peter has fifteen dark rings.")
    assert [take.take.temperature for take in segment.takes] == [0.5, 0.9, 0.9]


def test_the_second_family_has_to_agree_where_the_first_is_in_doubt(monkeypatch):
    doubtful, right = "Peter has fifty dark rings", "Peter has 15 dark rings"
    ears = [Scripted([doubtful, right]), Scripted(["nothing at all"])]
    (segment,) = speak(
        make(monkeypatch, [], ears, verifier="grey"), "Peter has fifteen dark rings."
    )
    first, second = segment.takes
    assert (first.stage, first.hypothesis) == ("second recogniser", "nothing at all")
    assert (first.is_accepted, second.is_accepted) == (False, True)
    assert np.isnan(second.scores[1])  # never asked
    assert (segment.kept, ears[1].said) == (1, [])


def test_two_families_keep_what_both_rank_best(monkeypatch):
    ears = [
        Scripted(["Peter has fifteen dark", "Peter has fifteen dark rings"]),
        Scripted(["Peter has fifteen dark rings", "Peter has 15"]),
    ]
    one = make(monkeypatch, [], ears, verifier="both", policy="best", n=2)
    (segment,) = speak(one, "Peter has fifteen dark rings.")
    assert [len(take.scores) for take in segment.takes] == [2, 2]
    assert segment.kept == 0  # the mean ranks are equal; the first
    assert one.recognisers == ["openvino-whisper-tiny.en", "moonshine-tiny.en"]


def test_what_is_cut_counts_as_capped():
    sampled = SampledCodes(list(range(9)), np.zeros((1, 8), int), StopReason.EOS)
    assert cut(sampled, 8) is sampled
    short = cut(sampled, 5)
    assert (short.codes.shape, short.stop_reason) == ((1, 5), StopReason.CAP)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "at least 1"),
        ({"temperature": -1.0}, "above 0"),
        ({"good_cer": 2.0}, "from 0 to 1"),
        ({"policy": "x"}, "accepted"),
        ({"verifier": "x"}, "grey"),
    ],
)
def test_numbers_out_of_range_are_named(monkeypatch, options, message):
    with pytest.raises(InputError, match=message):
        make(monkeypatch, [], **options)


def test_a_character_that_the_tokenizer_lacks_is_named(monkeypatch):
    with pytest.raises(InputError, match=r"lacks '%'.*spell"):
        make(monkeypatch, []).split("Pay 5% now.")


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3"])
def test_the_file_holds_all_segments_and_its_record_says_what_was_tried(
    monkeypatch, tmp_path, suffix
):
    one = make(monkeypatch, ["Peter has 15 dark rings", "Susan bought two old chairs"])
    out = tmp_path / f"out{suffix}"
    run.speak_texts(TEXT, out, lambda: one, strict=True, suffix="")
    record = json.loads((tmp_path / f"out{suffix}.json").read_text())
    audio, rate = sf.read(out)
    assert rate == record["sample_rate"] == 16_000
    assert len(audio) / rate == pytest.approx(record["duration_s"], abs=0.1)
    assert record["complete"]
    assert [s["verified"] for s in record["segments"]] == [True, True]
    assert record["segments"][1]["start_s"] == record["segments"][0]["end_s"]


def test_strict_writes_no_file_and_exits_with_3(monkeypatch, tmp_path):
    with pytest.raises(SystemExit) as stop:
        run.speak_texts(
            TEXT, tmp_path / "o.wav", lambda: make(monkeypatch, []), strict=True, suffix=""
        )
    assert stop.value.code == 3
    assert not list(tmp_path.iterdir())


def test_several_texts_give_a_manifest_that_score_reads(monkeypatch, tmp_path):
    source = tmp_path / "texts.csv"
    source.write_text("id,text\na,Peter has fifteen dark rings.\nb,Susan bought two old chairs.\n")
    said = ["Peter has 15 dark rings", "Susan bought two old chairs"]
    run.speak_texts(
        str(source), tmp_path / "out", lambda: make(monkeypatch, said), strict=False, suffix=".flac"
    )
    rows, bad = read_manifest(tmp_path / "out" / "manifest.csv")
    assert ([row.id for row in rows], bad) == (["a", "b"], [])
    assert all(row.path.exists() for row in rows)


def test_an_interrupt_keeps_what_is_finished(monkeypatch, tmp_path):
    one = make(monkeypatch, ["Peter has 15 dark rings"])
    done = speak(one, "Peter has fifteen dark rings.")

    def interrupted(_):
        yield from done
        raise KeyboardInterrupt

    monkeypatch.setattr(one, "segments", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.speak_texts(TEXT, tmp_path / "o.wav", lambda: one, strict=False, suffix="")
    assert sf.info(tmp_path / "o.wav").duration > 0.5
    assert not json.loads((tmp_path / "o.wav.json").read_text())["complete"]


@pytest.mark.parametrize(
    ("name", "content", "several", "found"),
    [
        ("a.txt", "One.\n\nTwo.\n", True, [("0001", "One."), ("0003", "Two.")]),
        ("a.txt", "One.\nTwo.", False, [("0001", "One.\nTwo.")]),
        ("a.jsonl", '{"text": "One.", "id": "x/y"}\n', True, [("x_y", "One.")]),
    ],
)
def test_texts_are_read_by_line_row_or_whole(tmp_path, name, content, several, found):
    (tmp_path / name).write_text(content)
    read = texts.read_texts(str(tmp_path / name), several=several)
    assert [(text.id, text.text) for text in read] == found


@pytest.mark.parametrize(
    ("content", "message"),
    [("text\n \n", "row 1: no text"), ("id,text\na,x\na,y\n", "2 texts have the id 'a'")],
)
def test_a_table_that_makes_no_sense_names_the_row(tmp_path, content, message):
    with (tmp_path / "t.csv").open("w", newline="") as file:
        file.write(content)
    with pytest.raises(InputError, match=message):
        texts.read_texts(str(tmp_path / "t.csv"), several=True)


def test_silence_at_the_ends_is_trimmed_but_for_its_edge():
    tone = np.sin(np.arange(16_000) / 5).astype(np.float32)
    audio = np.pad(tone, (8000, 4000))
    assert len(trim_silence(audio, 16_000)) == pytest.approx(16_000 * (1 + 2 * EDGE_S), abs=400)
    assert not len(trim_silence(np.zeros(16_000, np.float32), 16_000))


def test_a_text_of_one_segment_is_written_as_it_was_verified(monkeypatch):
    one = make(monkeypatch, ["Peter has 15 dark rings", "Susan bought two old chairs"])
    (alone,) = speak(one, "Peter has fifteen dark rings.")
    assert np.array_equal(with_pause(alone), alone.best.audio)


def test_silence_is_trimmed_where_segments_meet_alone():
    tone = np.pad(np.sin(np.arange(16_000) / 5).astype(np.float32), 8000)
    first = trim_silence(tone, 16_000, start=False)
    last = trim_silence(tone, 16_000, end=False)
    assert np.array_equal(first[:8000], tone[:8000])
    assert np.array_equal(last[-8000:], tone[-8000:])
    assert len(first) == len(last) == pytest.approx(16_000 * 1.55, abs=400)
