"""Two loops that do the same are compared as what they are."""

import time

import pytest

from selfverify.benchmarks.speed import compare, generate_one_by_one, heard_alike, sample_batches
from selfverify.systems import load_system
from selfverify.systems.base import SamplingRequest, SamplingSettings


def burn(cpu_s: float) -> int:
    end = time.process_time() + cpu_s
    while time.process_time() < end:
        pass
    return 10


def test_the_ratio_is_of_cpu_seconds_a_unit():
    found = compare(lambda: burn(0.2), lambda: burn(0.05), num_repeats=3)
    assert found["ratio"] == pytest.approx(4, rel=0.3)
    assert found["ours_s"] == pytest.approx(0.005, rel=0.3)
    assert found["ratio_low"] <= found["ratio"] <= found["ratio_high"]


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
def test_both_loops_draw_frames(adapter, tiny_systems):
    system = load_system(adapter, tiny_systems[adapter])
    settings = SamplingSettings(temperature=1.0, top_p=0.9, top_k=0, max_audio_s=0.6)
    requests = [SamplingRequest(text, 1) for text in ("Hello there.", "Yes.")]
    limit = len(requests) * 0.6 * system.frame_rate
    assert 0 <= generate_one_by_one(system, adapter, requests, settings) <= limit
    assert 0 <= sample_batches(system, requests, settings, 2) <= limit


def test_transcripts_are_alike_but_for_spaces_at_the_ends():
    assert heard_alike(["a b", "c"], [" a b", "d"]) == 1
