"""What `selfverify speak` cannot do: one line each, naming the cure, and no traceback."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile as sf
from test_speaker import make

from repository import ROOT
from selfverify import cli
from selfverify.audio.pace import MINI_VOICE, expected_seconds
from selfverify.speaking import run

TEXT = "Peter has fifteen dark rings."


def refused(monkeypatch, capsys, *arguments) -> str:
    """The one line that `selfverify speak` with these arguments ends in."""
    monkeypatch.setattr(sys, "argv", ["selfverify", "speak", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    (error,) = [line for line in lines if line.startswith("error: ")]
    assert lines[-1] == error
    return error


@pytest.mark.parametrize(
    ("text", "out", "options", "message"),
    [
        ("", "o.wav", (), "the text is empty: give it at least one word"),
        ("   \n", "o.wav", (), "the text is empty: give it at least one word"),
        ("absent.txt", "o.wav", (), "absent.txt: no such file"),
        (TEXT, "o.ogg", (), "audio is written as .wav, .flac, .mp3; choose one as suffix"),
        (TEXT, "file/o.wav", (), "choose another place with -o"),
        (TEXT, f"{'n' * 300}/o.wav", (), "File name too long; choose another place with -o"),
        (TEXT, "n" * 300, (), "File name too long; choose another place with -o"),
        (TEXT, "o.wav", ("--system", "mini-lasa"), "did you mean 'mini-llasa'?"),
        (TEXT, "new/folder", ("--system", "mini-lasa"), "did you mean 'mini-llasa'?"),
        (TEXT, "o.wav", ("--system", "xyz"), "there are: csm-1b, llasa-1b"),
        (TEXT, "o.wav", ("--params", "absent.yaml"), "name a study's params.yaml with --params"),
        (TEXT, "o.wav", ("--n", "0"), "n 0: at least 1 candidate"),
        (TEXT, "o.wav", ("--temperature", "0"), "temperature 0.0: above 0"),
    ],
)
def test_a_mistake_ends_in_one_line_before_any_model_is_loaded(
    monkeypatch, capsys, tmp_path, text, out, options, message
):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.chdir(tmp_path)
    assert message in refused(monkeypatch, capsys, text, "-o", out, *options)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_system_without_weights_says_what_fetches_them(monkeypatch, capsys, tmp_path):
    folder = "data/paper/checkpoints/llasa-1b"
    if (ROOT / folder).exists():
        pytest.skip("the weights of llasa-1b are here")
    error = refused(
        monkeypatch, capsys, TEXT, "-o", tmp_path / "o.wav", "--system", "llasa-1b"
    )  # fmt: skip
    assert f"no weights in {folder}" in error
    assert f"`snakemake {folder}/SHA256SUMS --config track=paper` fetches them" in error


def test_characters_that_the_tokenizer_lacks_are_named_with_their_text(monkeypatch, tmp_path):
    source = tmp_path / "texts.csv"
    source.write_text("id,text\na,Peter has rings.\nb,Pay 5% now.\n")
    one = make(monkeypatch, [])
    with pytest.raises(run.InputError, match=r"text b: .*lacks '%'.*spell"):
        run.speak_texts(str(source), tmp_path / "out", lambda: one, strict=False, suffix=".wav")
    assert not (tmp_path / "out").exists()


def test_a_word_that_is_too_long_to_be_said_is_named(monkeypatch, tmp_path, capsys):
    one = make(monkeypatch, ["Peter has fifteen dark rings"] * 2)
    word = "aeiou" * 30
    run.speak_texts(f"{TEXT} {word}", tmp_path / "o.wav", lambda: one, strict=False, suffix="")
    (warning,) = [line for line in capsys.readouterr().err.splitlines() if "warning: " in line]
    assert "aeiouaeiou" in warning
    assert "write it as several words" in warning


def test_a_text_of_a_hundred_thousand_words_is_announced_and_begun(monkeypatch, tmp_path, capsys):
    one = make(monkeypatch, ["Peter has fifteen dark rings"])
    segments = one.segments

    def interrupted(texts, **options):
        yield next(segments(texts, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(one, "segments", interrupted)
    text = " ".join([TEXT] * 20_000)
    with pytest.raises(KeyboardInterrupt):
        run.speak_texts(text, tmp_path / "o.wav", lambda: one, strict=False, suffix="")
    shown = capsys.readouterr().err
    minutes = 20_000 * expected_seconds(TEXT, MINI_VOICE) / 60
    assert f"20000 segments, about {minutes:.0f} minutes of audio" in shown
    assert "interrupted after 1 of 20000 segments, kept" in shown
    assert sf.info(tmp_path / "o.wav").duration > 0.5


@pytest.mark.parametrize("left", ["no file", "that of a run before is left"])
def test_an_interrupt_before_the_first_segment_says_what_lies_there(
    monkeypatch, tmp_path, capsys, left
):
    one = make(monkeypatch, [])
    before = [tmp_path / "o.wav"] if left != "no file" else []
    for path in before:
        path.write_bytes(b"of a run before")

    def interrupted(*_, **__):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(one, "segments", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.speak_texts(TEXT, tmp_path / "o.wav", lambda: one, strict=False, suffix="")
    assert f"interrupted after 0 of 1 segments, {left}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == before


def test_a_full_disk_ends_in_one_line_that_says_so(monkeypatch, tmp_path):
    one = make(monkeypatch, ["Peter has fifteen dark rings"])

    def full(*_):
        raise sf.LibsndfileError(2)  # what libsndfile knows of it: "System error."

    monkeypatch.setattr(sf.SoundFile, "write", full)
    with pytest.raises(run.InputError, match=r"o\.wav cannot be written .*free some space"):
        run.speak_texts(TEXT, tmp_path / "o.wav", lambda: one, strict=False, suffix="")
    assert not list(tmp_path.iterdir())


def test_an_interrupt_between_samples_and_their_record_comes_after_both(monkeypatch, tmp_path):
    one = make(monkeypatch, ["Peter has fifteen dark rings"] * 2)
    write = sf.SoundFile.write

    def write_and_interrupt(file, data):
        write(file, data)
        if "o.wav" in str(file.name):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(sf.SoundFile, "write", write_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        run.speak_texts(f"{TEXT} {TEXT}", tmp_path / "o.wav", lambda: one, strict=False, suffix="")
    record = json.loads((tmp_path / "o.wav.json").read_text())
    assert len(record["segments"]) == 1
    assert not record["complete"]
    assert sf.info(tmp_path / "o.wav").duration == pytest.approx(record["duration_s"], abs=0.01)


def test_ctrl_c_keeps_the_finished_segments_and_exits_with_130(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "selfverify.cli", "speak", " ".join([TEXT] * 3000),
         "-o", str(tmp_path / "o.wav"), "--n", "1"],
        stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
        # What runs in the background of a shell ignores it, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stderr
    for line in process.stderr:
        if line.startswith("text/") or "/0:" in line:
            break
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=120) == 130, rest
    assert "Traceback" not in rest
    record = json.loads(Path(tmp_path / "o.wav.json").read_text())
    assert not record["complete"]
    assert record["segments"]
    assert sf.info(tmp_path / "o.wav").duration == pytest.approx(record["duration_s"], abs=0.01)
