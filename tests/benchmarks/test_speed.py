"""Two loops that do the same are compared as what they are."""

import pytest

from selfverify.benchmarks import speed
from selfverify.benchmarks.speed import (
    compare,
    generate_one_by_one,
    heard_alike,
    sample_batches,
)
from selfverify.systems import load_system
from selfverify.systems.base import SamplingRequest, SamplingSettings


def test_the_ratio_is_of_cpu_seconds_a_unit(monkeypatch):
    clock = iter([0.0, 8.0, 8.0, 9.0, 9.0, 13.0, 13.0, 15.0, 15.0, 21.0, 21.0, 22.0])
    monkeypatch.setattr(speed.time, "process_time", lambda: next(clock))
    found = compare(lambda: 2, lambda: 1, num_repeats=3)
    assert found == {"theirs_s": 3, "ours_s": 1, "ratio": 3, "ratio_low": 1, "ratio_high": 4}


# A random Orpheus draws an id of the wrong slot before its first frame is whole.
@pytest.mark.parametrize(("adapter", "least"), [("llasa", 1), ("orpheus", 0), ("csm", 1)])
def test_both_loops_draw_frames(adapter, least, tiny_systems):
    system = load_system(adapter, tiny_systems[adapter])
    settings = SamplingSettings(temperature=1.0, top_p=0.9, top_k=0, max_audio_s=0.6)
    requests = [SamplingRequest(text, 1) for text in ("Hello there.", "Yes.")]
    limit = len(requests) * 0.6 * system.frame_rate
    assert least <= generate_one_by_one(system, adapter, requests, settings) <= limit
    assert least <= sample_batches(system, requests, settings, 2) <= limit


def test_transcripts_are_alike_but_for_spaces_at_the_ends():
    assert heard_alike(["a b", "c"], [" a b", "d"]) == 1
