"""Folders as people have them: every text and every clip is a row or a bad row."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from datasets import Audio, Dataset, DatasetDict

from selfverify.errors import InputError
from selfverify.scoring.command import _beside
from selfverify.scoring.manifest import read_manifest


@pytest.fixture
def put(tmp_path):
    """Writes files below a folder: audio by its suffix, the rest as text."""

    def write(**files: str) -> Path:
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix.lower() in (".wav", ".flac"):
                sf.write(path, np.zeros(1600), 16_000)
            else:
                path.write_text(content, encoding="utf-8")
        return tmp_path

    return write


def read(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Texts by id and reasons by audio."""
    rows, bad = read_manifest(folder)
    return {row.id: row.text for row in rows}, {row.audio: row.reason for row in bad}


def test_a_text_of_the_same_name_is_a_clips_text(put):
    folder = put(a_wav="", a_txt="Hello\nthere.", b__c_d_flac="", b__c_d_txt="\ufeffYes.")
    assert read(folder) == ({"a.wav": "Hello there.", "b/c.d.flac": "Yes."}, {})


def test_what_lacks_its_other_half_is_a_bad_row(put):
    texts, bad = read(put(a_wav="", b_txt="Hello.", c_wav="", c_txt="Yes."))
    assert texts == {"c.wav": "Yes."}
    assert bad == {"a.wav": "no a.txt beside it", "b": "no audio beside b.txt"}


def test_one_text_may_have_several_clips(put):
    texts, _ = read(put(a_wav="", a_flac="", a_txt="Hello."))
    assert texts == {"a.wav": "Hello.", "a.flac": "Hello."}


def test_suffixes_may_be_capitals(put):
    assert read(put(B_WAV="", B_TXT="Hello.")) == ({"B.WAV": "Hello."}, {})


def test_a_link_to_nothing_is_a_bad_row(put):
    folder = put(a_txt="Hello.", b_wav="")
    (folder / "a.wav").symlink_to("gone.wav")
    (folder / "b.txt").symlink_to("gone.txt")
    reason = "b.txt cannot be read: No such file or directory"
    assert read(folder) == ({}, {"a.wav": "no such file", "b.wav": reason})


@pytest.mark.parametrize("name", ["1-2.trans.txt", "wav.scp"])
def test_a_name_too_long_costs_its_own_row_alone(put, name):
    folder = put(a_wav="", text=f"{'x' * 300} Hello.\na Yes.\n")
    (folder / "text").rename(folder / ("text" if name == "wav.scp" else name))
    if name == "wav.scp":
        (folder / name).write_text(f"{'x' * 300} {'x' * 300}.wav\na a.wav\n")
    texts, bad = read(folder)
    assert texts == {"a": "Yes."}
    assert list(bad.values()) == ["cannot be read: File name too long"]


def test_a_folder_of_kaldi(put):
    scp = "one a.wav\ntwo sox a.wav -t wav - |\nthree gone.wav\nfour a.wav\n"
    folder = put(a_wav="", wav_scp=scp, text="one Hello  there.\ntwo Yes.\nthree No.\nfive Five.\n")
    texts, bad = read(folder)
    assert texts == {"one": "Hello  there."}
    assert bad["sox a.wav -t wav - |"].startswith("wav.scp has a command")
    assert bad["gone.wav"] == "no such file"
    assert (bad["a.wav"], bad[""]) == ("no text", "no audio")


def test_kaldis_paths_may_start_where_it_runs(put, monkeypatch):
    folder = put(data__wav_scp="one clips/a.wav\n", data__text="one Yes.\n", clips__a_wav="")
    monkeypatch.chdir(folder)
    assert read(folder / "data") == ({"one": "Yes."}, {})


def test_a_folder_of_librispeech(put):
    lines = "1-2-0000 HE HOPED\n1-2-0001 STUFF IT\n"
    texts, bad = read(put(**{"1__2__1-2_trans_txt": lines, "1__2__1-2-0000_flac": ""}))
    assert texts == {"1-2-0000": "HE HOPED"}
    assert bad == {"1/2/1-2-0001.flac": "no such file"}


def saved(folder: Path, *, splits: bool, decoded_rows: list[dict]) -> Path:
    """A dataset as the library saves it, its audio inside."""
    rows = Dataset.from_list(decoded_rows).cast_column("audio", Audio(sampling_rate=16_000))
    dataset = DatasetDict({"test": rows, "dev": rows.select([0])}) if splits else rows
    dataset.save_to_disk(str(folder))
    return folder


@pytest.fixture
def flac():
    file = io.BytesIO()
    sf.write(file, np.zeros(1600), 16_000, format="FLAC")
    return file.getvalue()


def test_a_dataset_of_hugging_face_with_its_audio_inside(tmp_path, flac):
    rows = [
        {"audio": {"bytes": flac, "path": "one.flac"}, "text": "Hello.", "system": "a", "other": 1},
        {"audio": {"bytes": flac, "path": None}, "text": "", "system": "a", "other": 2},
    ]
    folder = saved(tmp_path / "set", splits=False, decoded_rows=rows)
    good, bad = read_manifest(folder)
    assert [(row.id, row.text, row.system) for row in good] == [
        ("row-000000-one.flac", "Hello.", "a")
    ]
    assert good[0].path.read_bytes() == flac
    assert [(row.audio, row.reason) for row in bad] == [("row-000001", "no text")]


def test_a_dataset_with_its_references_inside(tmp_path, flac):
    file = io.BytesIO()
    sf.write(file, np.zeros(4000), 16_000, format="FLAC")
    reference = {"bytes": file.getvalue(), "path": "one.flac"}  # of the same name
    row = {"audio": {"bytes": flac, "path": "one.flac"}, "text": "Hello."}
    folder = tmp_path / "set"
    rows = [row | {"reference_audio": reference}, row | {"reference_audio": None}]
    dataset = Dataset.from_list(rows).cast_column("audio", Audio())
    dataset.cast_column("reference_audio", Audio()).save_to_disk(str(folder))
    good, bad = read_manifest(folder)
    assert [(r.expected_s, r.expected_from) for r in good] == [
        (0.25, "reference_audio"), (None, "text"),
    ]  # fmt: skip
    assert [r.path.read_bytes() == flac for r in good] == [True, True]
    assert not bad


def test_all_splits_of_a_dataset_are_read(tmp_path, flac):
    rows = [{"audio": {"bytes": flac, "path": "one.flac"}, "text": "Hello."}]
    good, _ = read_manifest(saved(tmp_path / "set", splits=True, decoded_rows=rows))
    assert [row.id for row in good] == ["test-000000-one.flac", "dev-000000-one.flac"]


def test_a_dataset_of_paths(put):
    folder = put(clips__a_wav="")
    rows = Dataset.from_list([{"audio": "../clips/a.wav", "text": "Hello."}])
    rows.save_to_disk(str(folder / "set"))
    assert read(folder / "set") == ({"../clips/a.wav": "Hello."}, {})


def test_a_dataset_without_the_columns_names_them(tmp_path):
    Dataset.from_list([{"sound": "a.wav", "text": "Hello."}]).save_to_disk(str(tmp_path / "set"))
    with pytest.raises(InputError, match="no column 'audio'; there are: sound, text"):
        read_manifest(tmp_path / "set")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"wav_scp": "a a.wav\n", "text": "a Yes.\n", "segments": ""}, "segments cut"),
        ({"wav_scp": "a a.wav\na b.wav\n", "text": "a Yes.\n"}, "a is there twice"),
        ({"wav_scp": "a a.wav\n"}, "text: .*No such file"),
        ({"dataset_dict.json": "{}"}, "no whole dataset"),
        ({"README_md": "nothing"}, "no audio in it"),
    ],
)
def test_a_folder_that_cannot_be_read_says_why(put, files, message):
    if "dataset_dict.json" in files:
        folder = put(x_md="")
        (folder / "dataset_dict.json").write_text("{}")
    else:
        folder = put(**files)
    with pytest.raises(InputError, match=message):
        read_manifest(folder)


def test_verdicts_stand_beside_the_folder_under_its_whole_name(tmp_path):
    (tmp_path / "v1.2").mkdir()
    assert _beside(tmp_path / "v1.2").name == "v1.2.verdicts.csv"
    assert _beside(tmp_path / "clips.csv").name == "clips.verdicts.csv"


def test_audio_of_which_no_transcript_has_a_line_is_a_bad_row(put):
    files = {"1__2__1-2_trans_txt": "1-2-0000 HE HOPED\n", "1__2__1-2-0000_flac": ""}
    texts, bad = read(put(**files, **{"1__2__1-2-0001_flac": ""}))
    assert texts == {"1-2-0000": "HE HOPED"}
    assert bad == {"1/2/1-2-0001.flac": "no line of 1-2.trans.txt has it"}
