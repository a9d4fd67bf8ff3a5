"""LibriSpeech in its real layout, small: two speakers with two chapters of two utterances."""

import tarfile
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
import soundfile as sf
from scripts.librispeech.fetch_librispeech import fetch_librispeech
from scripts.librispeech.make_librispeech_prompts import make_librispeech_prompts
from scripts.librispeech.read_references import read_references

from selfverify.audio.samples import RECOGNISER_RATE, decode_flac
from selfverify.errors import InputError
from selfverify.metric.content import content_error
from selfverify.prompts.librispeech import (
    choose_utterances,
    read_recordings,
    read_utterances,
    written_form,
)
from selfverify.storage.checkpoints import file_sha256
from selfverify.storage.records import Clip, StopReason, Utterance
from selfverify.storage.tables import read_records

TRANSCRIPTS = {
    "61-70968-0000": "HE BEGAN A CONFUSED COMPLAINT",
    "61-70968-0001": "I'M SURE I SHALL SAID ROBIN",
    "61-70970-0000": "'TIS LATE",
    "61-70970-0001": "GO ON",
    "908-157963-0000": "THE FISHERMAN'S WIFE",
    "908-157963-0001": "OH HOW WELL I REMEMBER",
    "908-31957-0000": "ALL IS SAID",
    "908-31957-0001": "WAIT",
}
DURATIONS_S = {key: 0.25 * (1 + place) for place, key in enumerate(TRANSCRIPTS)}


@pytest.fixture
def corpus(tmp_path, rng):
    """The folder that the archive unpacks to."""
    base = tmp_path / "unpacked" / "LibriSpeech"
    for key, transcript in TRANSCRIPTS.items():
        speaker, chapter, _ = key.split("-")
        folder = base / "test-clean" / speaker / chapter
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{speaker}-{chapter}.trans.txt").open("a") as file:
            file.write(f"{key} {transcript}\n")
        noise = rng.uniform(-0.5, 0.5, int(DURATIONS_S[key] * RECOGNISER_RATE))
        sf.write(folder / f"{key}.flac", noise, RECOGNISER_RATE, subtype="PCM_16")
    (base / "SPEAKERS.TXT").write_text(";ID  |SEX| SUBSET           |MINUTES| NAME\n")
    return base


@pytest.fixture
def archive(corpus, tmp_path):
    """The folder as the server has it, in an order of its own."""
    path = tmp_path / "server" / "test-clean.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz") as tar:
        for file in sorted(corpus.rglob("*.*"), reverse=True):
            tar.add(file, file.relative_to(corpus.parent))
    return path


@pytest.fixture
def url(archive):
    handler = partial(SimpleHTTPRequestHandler, directory=archive.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{archive.name}"
        server.shutdown()


@pytest.mark.parametrize(
    ("transcript", "text"),
    [
        ("GO ON", "Go on."),
        ("I THINK I'LL SAY IT IS I", "I think I'll say it is I."),
        ("THE FISHERMAN'S WIFE O'CLOCK", "The fisherman's wife o'clock."),
        ("'TIS LATE", "'Tis late."),
    ],
)
def test_the_written_form_follows_from_the_words_alone(transcript, text):
    assert written_form(transcript) == text
    assert content_error([transcript], text).cer == 0.0


def test_archive_and_folder_say_the_same(corpus, archive):
    utterances = read_utterances(archive, "standard")
    assert utterances == read_utterances(corpus, "standard")
    assert utterances == read_utterances(corpus / "test-clean", "standard")
    assert {u.utterance_id: u.expected_s for u in utterances} == DURATIONS_S
    assert utterances[1] == Utterance(
        utterance_id="61-70968-0001", text="I'm sure I shall said robin.",
        spoken=("I'm sure I shall said robin",), category="librispeech", split="standard",
        num_words=6, expected_s=0.5,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("61/70968/61-70968-0001.flac", None, "utterance 61-70968-0001 has no recording"),
        ("61/70968/61-70968-0002.flac", "61-70968-0001", "61-70968-0002 has no transcript"),
        ("61/70968/61-70968-0001.flac", b"fLaC", "61-70968-0001.flac is no recording"),
        ("61/70968/61-70968.trans.txt", b"61-70968-0000 \n", "line 1: not an id"),
    ],
)
def test_an_incomplete_folder_is_refused(corpus, name, content, message):
    path = corpus / "test-clean" / name
    if content is None:
        path.unlink()
    elif isinstance(content, str):
        path.write_bytes((path.parent / f"{content}.flac").read_bytes())
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_utterances(corpus, "standard")


@pytest.mark.parametrize("num_bytes", [None, 0, 3000])
def test_what_is_no_whole_archive_is_refused(archive, num_bytes):
    content = archive.read_bytes()
    archive.unlink()
    if num_bytes is not None:
        archive.write_bytes(content[:num_bytes])
    with pytest.raises(InputError, match=r"test-clean\.tar\.gz cannot be read"):
        read_utterances(archive, "standard")


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(InputError, match="not LibriSpeech"):
        read_utterances(tmp_path, "standard")


def choose(utterances, num_utterances, seed=0, max_s=35.0):
    rng = np.random.default_rng(seed)
    chosen = choose_utterances(utterances, num_utterances=num_utterances, max_s=max_s, rng=rng)
    return [u.utterance_id for u in chosen]


def test_the_choice_takes_speakers_in_turn_whatever_the_order(archive):
    utterances = read_utterances(archive, "standard")
    order = choose(utterances, 8)
    assert sorted(order) == sorted(TRANSCRIPTS)
    assert order == choose(utterances[::-1], 8)
    for num_utterances in range(1, 8):
        assert choose(utterances, num_utterances) == order[:num_utterances]
        speakers = Counter(key.split("-")[0] for key in order[:num_utterances])
        assert abs(speakers["61"] - speakers["908"]) <= 1
    assert len({tuple(choose(utterances, 4, seed)) for seed in range(5)}) == 5


def test_the_choice_keeps_to_short_texts_and_says_when_there_are_too_few(archive):
    utterances = read_utterances(archive, "standard")
    assert sorted(choose(utterances, 5, max_s=1.25)) == sorted(TRANSCRIPTS)[:5]
    with pytest.raises(InputError, match=r"num_utterances 6 .* the 5 utterances of at most 1\.25"):
        choose(utterances, 6, max_s=1.25)


def test_a_download_is_verified_listed_and_announced(url, archive, tmp_path, capsys):
    fetched, listing = tmp_path / "data" / archive.name, tmp_path / "data" / "SHA256SUMS"
    sha256 = file_sha256(archive)
    fetch_librispeech(url=url, sha256=sha256, archive=fetched, listing=listing)
    assert fetched.read_bytes() == archive.read_bytes()
    assert listing.read_text() == f"{sha256}  test-clean.tar.gz\n"
    assert f"{url}: 0 MB, CC BY 4.0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "download's SHA-256 is not 000000000000…"),
        ("x", r"cannot be downloaded \(HTTP Error 404"),
    ],
)
def test_a_failed_download_says_the_cure_and_leaves_nothing(url, tmp_path, path, message):
    archive = tmp_path / "data" / "test-clean.tar.gz"
    with pytest.raises(InputError, match=message) as error:
        fetch_librispeech(
            url=url + path, sha256="0" * 64, archive=archive, listing=archive.with_name("sums")
        )
    assert str(error.value).startswith(url)
    assert str(error.value).endswith(f"download it by hand and put it at {archive}")
    assert list(archive.parent.iterdir()) == []


def test_an_archive_put_there_by_hand_needs_no_server_but_is_verified(archive):
    offline = {"url": "http://127.0.0.1:9/x", "archive": archive}
    listing = archive.with_name("SHA256SUMS")
    with pytest.raises(InputError, match="SHA-256 is not 000000000000…; delete it, or put http"):
        fetch_librispeech(**offline, sha256="0" * 64, listing=listing)
    assert archive.exists()
    assert not listing.exists()
    fetch_librispeech(**offline, sha256=file_sha256(archive), listing=listing)
    assert listing.exists()
    archive.unlink()
    with pytest.raises(InputError, match="Connection refused"):
        fetch_librispeech(**offline, sha256="0" * 64, listing=listing)


def test_references_are_the_recordings_of_the_prompts(archive, corpus, tmp_path):
    prompts = tmp_path / "standard.parquet"
    make_librispeech_prompts(
        source=archive, prompt_set="standard", num_utterances=5, max_s=1.5, seed=1, output=prompts
    )
    utterances = read_records(Utterance, prompts)
    clips = []
    for shard, source in enumerate([archive, corpus]):
        output = tmp_path / f"{shard}.parquet"
        read_references(source=source, prompts=prompts, shard=shard, num_shards=2, output=output)
        clips += read_records(Clip, output)
    assert [c.utterance_id for c in clips] == [u.utterance_id for u in utterances]
    assert [c.duration_s for c in clips] == [u.expected_s for u in utterances]
    assert {(c.candidate_index, c.sample_rate, c.stop_reason) for c in clips} == {
        (0, RECOGNISER_RATE, StopReason.EOS)
    }
    recordings = read_recordings(corpus, [c.utterance_id for c in clips])
    for clip in clips:
        heard, _ = decode_flac(clip.audio["bytes"])
        said, _ = decode_flac(recordings[clip.utterance_id])
        np.testing.assert_allclose(heard, said, atol=1.5 / 2**15)  # FLAC's last bit


def test_prompts_of_another_split_are_refused(archive):
    with pytest.raises(InputError, match="no recording of utterance 1-2-0003"):
        read_recordings(archive, ["61-70968-0000", "1-2-0003"])
