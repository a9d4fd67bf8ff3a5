"""Reference audio of one shard of a prompt set: the voice that the mini systems learned from.

It has the layout of a system's audio with one candidate per utterance, so that the same steps score
it: its failure rate is the floor that recogniser and metric leave.
"""

from pathlib import Path

from selfverify.audio.clips import describe_clip
from selfverify.audio.voice import SAMPLE_RATE, load_voice, speak
from selfverify.storage.records import Utterance
from selfverify.storage.tables import read_shard, write_records
from selfverify.workflow.progress import progress
from selfverify.workflow.script import run_script


def speak_references(*, prompts: Path, shard: int, num_shards: int, output: Path) -> None:
    """Writes the voice's audio of one of `num_shards` parts of a prompt set.

    Args:
        prompts: the prompt set.
        shard: which part, counted from 0.
        num_shards: number of parts.
        output: Parquet file to write.
    """
    voice = load_voice()
    utterances = read_shard(Utterance, prompts, shard, num_shards)
    clips = [
        describe_clip(u.utterance_id, 0, speak(voice, f"{u.spoken[0]}."), SAMPLE_RATE)
        for u in progress(utterances, name=f"speak {output}", unit="clip")
    ]
    write_records(clips, output)


if __name__ == "__main__":
    run_script(speak_references)
