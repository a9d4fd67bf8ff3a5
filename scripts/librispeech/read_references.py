"""Reference audio of one shard of LibriSpeech prompts: the humans who read them.

It has the layout of a system's audio with one candidate per utterance, so that the same steps score
it: its failure rate is the floor that recogniser and metric leave.
"""

from pathlib import Path

from selfverify.audio.clips import describe_clip
from selfverify.audio.samples import decode_flac
from selfverify.prompts.librispeech import read_recordings
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_shard, write_records
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script


def read_references(
    *, source: Path, prompts: Path, shard: int, num_shards: int, output: Path
) -> None:
    """Writes the human recordings of one of `num_shards` parts of a prompt set.

    Args:
        source: archive or folder of the LibriSpeech split that the prompts are from.
        prompts: the prompt set.
        shard: which part, counted from 0.
        num_shards: number of parts.
        output: Parquet file to write.
    """
    utterance_ids = [u.utterance_id for u in read_shard(Utterance, prompts, shard, num_shards)]
    recordings = read_recordings(source, utterance_ids)
    clips = [
        describe_clip(key, 0, *decode_flac(recordings[key]))
        for key in progress(utterance_ids, name=f"read {output}", unit="clip")
    ]
    write_records(clips, output)


if __name__ == "__main__":
    run_script(read_references)
