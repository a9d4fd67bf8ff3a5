"""The speaker with the mini system's own models and a recogniser whose ears are scripted."""

import io
import json

import numpy as np
import pytest
import soundfile as sf

import selfverify
from selfverify.asr.base import Hypothesis, Recogniser
from selfverify.distillation.teacher_forcing import entropies
from selfverify.errors import InputError
from selfverify.scoring.manifest import read_manifest
from selfverify.speaking import run, speaker, texts, verifier_model
from selfverify.speaking.joining import EDGE_S, trim_silence, with_pause
from selfverify.speaking.output import AudioWriter
from selfverify.speaking.segments import cut
from selfverify.speaking.speaker import NeverPassed
from selfverify.storage.records import StopReason
from selfverify.systems.base import SampledCodes, SamplingSettings

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


def test_what_is_accepted_is_no_refusal(monkeypatch):
    said = ["Peter has 15 dark rings", "wrong", "wrong"]
    one = make(monkeypatch, said, policy="best", retry_after=1, retry_temperature=0.9)
    (segment,) = speak(one, "Peter has fifteen dark rings.")
    assert [take.take.temperature for take in segment.takes] == [0.5, 0.5, 0.9]


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


def next_draws(one, text):
    """The draws that the next take of a text is chosen from, and how unsure of each."""
    (takes,) = one._drawing.draw(list(one._jobs([("t", one.split(text))])), 0.5)
    ids = [(one._system.prompt_ids(text), take.sampled.token_ids) for take in takes]
    found = entropies(one._system, ids, SamplingSettings(0.5, 1.0, 0, 12.0))
    return takes, [per_id.mean() for per_id in found]


@pytest.mark.parametrize("window", [0, 10])
def test_a_system_is_drawn_as_its_parameters_have_it(window, monkeypatch):
    one = make(monkeypatch, [])
    monkeypatch.setitem(one._drawing.setup.system, "repetition_window", window)
    seen = []
    drawn = one._system.sample

    def sample(requests, settings):
        seen.append(settings)
        return drawn(requests, settings)

    monkeypatch.setattr(one._system, "sample", sample)
    next_draws(one, "Peter has fifteen dark rings.")
    assert [getattr(settings, "repetition_window", 0) for settings in seen] == [window]


def test_of_several_draws_the_one_that_the_system_was_least_unsure_of_is_heard(monkeypatch):
    text = "Peter has fifteen dark rings."
    (four,) = speak(make(monkeypatch, [], n=4), text)
    draws, unsure = next_draws(make(monkeypatch, [], n=1, draws_per_hearing=4), text)
    assert [take.seed for take in draws] == [judged.take.seed for judged in four.takes]
    (best,) = speak(make(monkeypatch, [], n=1, draws_per_hearing=4), text)
    assert [take.take.seed for take in best.takes] == [draws[int(np.argmin(unsure))].seed]


def test_a_draw_that_its_codes_condemn_is_not_heard_if_another_is_sound(monkeypatch):
    one = make(monkeypatch, [], n=1, draws_per_hearing=2)
    draws, unsure = next_draws(one, "Peter has fifteen dark rings.")
    surest = draws[int(np.argmin(unsure))]
    (other,) = [take for take in draws if take is not surest]
    assert one._least_unsure(draws) is surest
    monkeypatch.setattr(one._cascade, "by_codes", lambda take: surest if take is surest else None)
    assert one._least_unsure(draws) is other


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
        ({"temperature": float("nan")}, "above 0"),
        ({"retry_after": -1}, "fewer than n, 3"),
        ({"retry_after": 3}, "fewer than n, 3"),
        ({"retry_temperature": 0.0}, "retry_temperature 0.0: above 0"),
        ({"max_segment_s": -1.0}, "above 0"),
        ({"draws_per_hearing": 0}, "draws_per_hearing 0: at least 1"),
    ],
)
def test_numbers_out_of_range_are_named(monkeypatch, options, message):
    with pytest.raises(InputError, match=message):
        make(monkeypatch, [], **options)


def test_a_character_that_the_tokenizer_lacks_is_named(monkeypatch):
    with pytest.raises(InputError, match=r"lacks '%', ';'.*spell"):
        make(monkeypatch, []).split("Pay 5% now. Yes; do.")


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


def test_all_that_a_strict_text_leaves_is_named_and_nothing_more_is_drawn(
    monkeypatch, tmp_path, capsys
):
    source = tmp_path / "texts.csv"
    source.write_text(f"id,text\na,{TEXT}\nb,Peter has fifteen dark rings.\n")
    out = tmp_path / "out"
    out.mkdir()
    for name in ("a.wav", "a.wav.json"):
        (out / name).write_text("of a run before")
    one = make(monkeypatch, ["no", "no", "no", "Peter has fifteen dark rings"])
    with pytest.raises(SystemExit):
        run.speak_texts(str(source), out, lambda: one, strict=True, suffix=".wav")
    shown = capsys.readouterr().err
    assert "a/0: NOT VERIFIED, no audio" in shown
    assert "a/1" not in shown  # the second sentence of a refused text
    assert "error: 1 of 2 texts (a): no audio, a segment never passed; raise --n" in shown
    assert sorted(path.name for path in out.iterdir()) == ["b.wav", "b.wav.json", "manifest.csv"]
    assert [row.id for row in read_manifest(out / "manifest.csv")[0]] == ["b"]


def test_where_all_texts_are_refused_the_manifest_has_none(monkeypatch, tmp_path):
    source = tmp_path / "texts.csv"
    source.write_text("text\nPeter has fifteen dark rings.\n")
    with pytest.raises(SystemExit):
        run.speak_texts(
            str(source), tmp_path / "out", lambda: make(monkeypatch, []), strict=True, suffix=".wav"
        )
    assert len((tmp_path / "out" / "manifest.csv").read_text().splitlines()) == 1


def test_a_strict_speaker_refuses_and_another_gives_what_the_command_gives(monkeypatch, tmp_path):
    with pytest.raises(NeverPassed, match="Peter"):
        make(monkeypatch, [], strict=True).speak("Peter has fifteen dark rings.")
    said = ["Peter has fifteen dark rings"]
    audio = make(monkeypatch, said).speak("Peter has fifteen dark rings.")
    run.speak_texts(
        "Peter has fifteen dark rings.", tmp_path / "o.wav", lambda: make(monkeypatch, said),
        strict=False, suffix="",
    )  # fmt: skip
    assert sf.read(tmp_path / "o.wav")[0] == pytest.approx(audio, abs=1e-4)


def test_a_full_batch_begins_small_and_gives_the_same(monkeypatch):
    text = " ".join(["Peter has fifteen dark rings."] * 5)
    whole = speak(make(monkeypatch, [], n=1), text)
    monkeypatch.setattr(speaker, "FIRST_BATCH", 2)
    one = make(monkeypatch, [], n=1)
    one.setup.system["batch_size"] = 4
    sizes = []
    draw = one._draw
    monkeypatch.setattr(one, "_draw", lambda jobs: (sizes.append(len(jobs)), draw(jobs)))
    parts = speak(one, text)
    assert sizes == [2, 3]
    assert [s.index for s in parts] == [0, 1, 2, 3, 4]
    for a, b in zip(whole, parts, strict=True):
        assert a.takes[0].take.seed == b.takes[0].take.seed
        assert a.takes[0].take.sampled.token_ids == b.takes[0].take.sampled.token_ids


def test_what_is_empty_is_not_kept_where_anything_was_said(monkeypatch):
    one = make(monkeypatch, [], n=2)  # of neither a word is heard
    sample = one._system.sample
    empty = [SampledCodes([], np.zeros((1, 0), int), StopReason.EOS)]
    draws = iter([lambda *_: empty, sample])
    monkeypatch.setattr(one._system, "sample", lambda *given: next(draws)(*given))
    (segment,) = speak(one, "Peter has fifteen dark rings.")
    assert segment.takes[0].failure_mode == "empty"
    assert (segment.kept, segment.is_verified) == (1, False)
    assert len(segment.audio)


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

    def interrupted(*_, **__):
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
        ("a.jsonl", '{"text": "One.", "id": "x/y"}\n', True, [("x/y", "One.")]),
    ],
)
def test_texts_are_read_by_line_row_or_whole(tmp_path, name, content, several, found):
    (tmp_path / name).write_text(content)
    read = texts.read_texts(str(tmp_path / name), several=several)
    assert [(text.id, text.text) for text in read] == found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text\n \n", "row 1: no text"),
        ("id,text\na,x\na,y\n", "2 texts have the id 'a'"),
        ("id,text\nx/y,x\nx_y,y\n", "2 texts have the id 'x_y'"),
        ("id,text\na,Peter has rings, Susan too.\n", "row 1: more cells than the header has"),
        ('id,text\na,"Peter has rings.\nb,Susan too.\n', "not a .csv table: unexpected end"),
        (f"id,text\n{'a' * 252},x\n", "names the audio file; shorten it"),
    ],
)
def test_a_table_that_makes_no_sense_names_the_row(tmp_path, content, message):
    with (tmp_path / "t.csv").open("w", newline="") as file:
        file.write(content)
    with pytest.raises(InputError, match=message):
        texts.read_texts(str(tmp_path / "t.csv"), several=True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": 5}', "row 3: no text"),
        ('{"text": "a"', "line 3: no JSON"),
        ('{"text": "\\ud800"}', "no valid Unicode"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path, line, message):
    (tmp_path / "t.jsonl").write_text(f'{{"text": "One."}}\n\n{line}\n')
    with pytest.raises(InputError, match=message):
        texts.read_texts(str(tmp_path / "t.jsonl"), several=True)


def test_a_cell_may_be_a_whole_book(tmp_path):
    (tmp_path / "t.csv").write_text(f"text\n{'Peter left. ' * 20_000}\n")
    (text,) = texts.read_texts(str(tmp_path / "t.csv"), several=True)
    assert len(text.text) == 240_000


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("my notes.TXT", "no such file"),
        ("notes.md", "no such file"),
        ("/nowhere/texts", "no such file"),
        ("folder", "is a folder"),
        ("table.tsv", "save the table as .csv"),
    ],
)
def test_a_file_that_is_meant_is_not_read_aloud(monkeypatch, tmp_path, source, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "table.tsv").write_text("text\nOne.\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        texts.read_texts(source, several=True)


def test_standard_input_may_begin_with_a_mark_and_end_lines_as_windows_does(monkeypatch):
    read = io.TextIOWrapper(io.BytesIO("\ufeffOne.\r\nTwo\u2028three.\r\n".encode()))
    monkeypatch.setattr("sys.stdin", read)
    found = texts.read_texts("-", several=True)
    assert [text.text for text in found] == ["One.", "Two\u2028three."]


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


def test_a_path_that_cannot_be_looked_at_is_not_read_aloud(monkeypatch):
    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(texts.Path, "is_dir", refuse)
    with pytest.raises(InputError, match=r"/secret/book.txt: cannot be read: Permission denied"):
        texts.read_texts("/secret/book.txt", several=False)
    with pytest.raises(InputError, match="File name too long"):
        monkeypatch.undo()
        texts.read_texts(f"./{'a' * 300}.txt", several=False)


def test_an_id_of_zero_is_an_id(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"id": 0, "text": "Yes."}\n{"id": "", "text": "No."}\n')
    read = texts.read_texts(str(tmp_path / "t.jsonl"), several=True)
    assert [text.id for text in read] == ["0", "0002"]


def test_two_that_start_together_both_convert_the_recogniser(monkeypatch, tmp_path):
    path, pids = tmp_path / "cache" / "whisper.pt", [1, 2]

    def convert(source, output):
        output.write_text("whole")
        if pids:  # the other one, from its begin to its end in the middle of this one
            verifier_model._convert("0" * 64, path)

    monkeypatch.setattr("selfverify.asr.conversion.convert_to_openai", convert)
    monkeypatch.setattr(verifier_model, "verify_file", lambda *_: None)
    monkeypatch.setattr(verifier_model.os, "getpid", pids.pop)
    verifier_model._convert("0" * 64, path)
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".wav"])
def test_a_file_of_speech_that_came_out_empty_is_audio_all_the_same(tmp_path, suffix):
    with AudioWriter(tmp_path / f"o{suffix}", 16_000).open() as writer:
        pass
    assert sf.info(tmp_path / f"o{suffix}").samplerate == 16_000
    assert writer.num_samples == (0 if suffix == ".wav" else 1600)
