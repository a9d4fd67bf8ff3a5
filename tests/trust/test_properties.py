"""What must hold of metric, interleaving, estimators and readers of manifests for any input."""

import csv
import itertools
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfverify.codecs import load_codec
from selfverify.errors import InputError
from selfverify.metric.content import content_error
from selfverify.metric.normalisation import normalise
from selfverify.metric.taxonomy import Evidence, FailureMode, Thresholds, judge
from selfverify.scoring.manifest import read_manifest
from selfverify.statistics.best_of_n import (
    expected_failure_of_best,
    failures_of_all,
    first_accepted,
    winner_weights,
)
from selfverify.statistics.contrasts import holm
from selfverify.statistics.intervals import (
    bootstrap_mean,
    clopper_pearson,
    korn_graubard,
    lower_bound,
    upper_bound,
    wilson,
)
from selfverify.storage.records import StopReason
from selfverify.systems import load_system
from tiny import make_codec

WORDS = st.sampled_from(
    "peter bought thirty red desks at 10:30 wi-fi don't Dr. £5 the a no no 1,200 naïve".split()
)
TEXTS = st.lists(WORDS, min_size=1, max_size=10).map(" ".join).filter(normalise)
ANY_TEXT = st.text(max_size=60)
SECONDS = st.integers(0, 1000).map(lambda tenths: tenths / 10)


# --- metric --------------------------------------------------------------------------------------


@given(TEXTS)
def test_what_was_said_as_written_has_no_error(text):
    error = content_error([text], text)
    assert (error.cer, error.wer, error.num_missing_at_end, error.num_inserted_in_row) == (
        0,
        0,
        0,
        0,
    )


@settings(max_examples=40)  # a comparison takes milliseconds
@given(TEXTS, ANY_TEXT)
def test_an_error_is_between_0_and_1_and_nothing_heard_is_1(text, heard):
    error = content_error([text], heard)
    assert 0 <= error.cer <= 1
    assert 0 <= error.wer <= 1
    assert content_error([text], "").cer == 1


@settings(max_examples=40)
@given(TEXTS, TEXTS, ANY_TEXT)
def test_another_reading_never_makes_it_worse(text, other, heard):
    assert content_error([text, other], heard).cer <= content_error([text], heard).cer


@settings(max_examples=40)  # a comparison takes milliseconds
@given(TEXTS, ANY_TEXT)
def test_capitals_and_spaces_are_no_errors(text, heard):
    shouted = content_error([text], f"  {heard.lower()} \n")
    assert shouted.cer == content_error([text], heard.lower()).cer


@settings(max_examples=40)  # a comparison takes milliseconds
@given(
    TEXTS,
    ANY_TEXT,
    SECONDS,
    SECONDS,
    SECONDS.map(lambda loudness: -loudness),
    st.sampled_from(StopReason),
)
def test_every_clip_has_one_mode(text, heard, duration_s, speech_s, rms_db, stop_reason):
    evidence = Evidence(
        duration_s=duration_s, speech_s=min(speech_s, duration_s), rms_db=rms_db,
        stop_reason=stop_reason, expected_s=2.0, error=content_error([text], heard),
    )  # fmt: skip
    verdict = judge(evidence, Thresholds())
    assert verdict.failure_mode in FailureMode
    assert verdict == judge(evidence, Thresholds())


# --- interleaving --------------------------------------------------------------------------------


@pytest.mark.parametrize("adapter", ["llasa", "orpheus", "csm"])
def test_codes_survive_the_way_through_the_models_ids(tiny_systems, adapter):
    system = load_system(adapter, tiny_systems[adapter], load_model=False)
    books = {"llasa": 1, "orpheus": 7, "csm": 2}[adapter]

    @given(st.integers(1, 12), st.integers(0, 2**32 - 1))
    def check(num_frames, seed):
        rng = np.random.default_rng(seed)
        codes = rng.integers(1, system.codebook_size, size=(books, num_frames))  # 0s end CSM
        taught = [i for i in system.training_example("Hello.", codes).labels if i != -100]
        frames = np.reshape(taught, (-1, books)).tolist() if adapter == "csm" else taught
        parsed = system.parse(frames)
        np.testing.assert_array_equal(parsed.codes, codes)
        assert parsed.stop_reason is StopReason.EOS

    check()


@pytest.mark.parametrize("adapter", ["llasa", "orpheus"])
def test_any_ids_are_parsed_into_codes_that_exist(tiny_systems, adapter):
    system = load_system(adapter, tiny_systems[adapter], load_model=False)

    @given(st.lists(st.integers(0, 400), max_size=40))
    def check(ids):
        parsed = system.parse(ids)
        assert parsed.token_ids == ids
        assert not parsed.codes.size or 0 <= parsed.codes.min() <= parsed.codes.max() < (
            system.codebook_size
        )

    check()


def test_levels_of_snac_keep_every_code_in_order_of_time(tmp_path):
    codec = load_codec("snac", make_codec("snac", tmp_path / "snac"))

    @given(st.integers(1, 9))
    def check(num_frames):
        time = np.arange(num_frames)
        codes = np.stack([10 * time + i for i in range(codec.num_codebooks)])
        levels = codec.levels(codes)
        assert sorted(np.concatenate(levels)) == sorted(codes.ravel())
        assert all((np.diff(level // 10) >= 0).all() for level in levels)

    check()


# --- estimators ----------------------------------------------------------------------------------

POOLS = st.integers(1, 6).flatmap(
    lambda size: st.tuples(
        st.lists(st.sampled_from([0.0, 0.1, 0.5, np.inf]), min_size=size, max_size=size),
        st.lists(st.booleans(), min_size=size, max_size=size),
    )
)


@given(POOLS, st.integers(1, 6))
def test_best_of_n_is_the_mean_over_all_subsets(pool, n):
    scores, fails = map(np.array, pool)
    n = min(n, len(scores))
    chances = []
    for drawn in map(list, itertools.combinations(range(len(scores)), n)):
        best = scores[drawn] == scores[drawn].min()
        chances.append(fails[drawn][best].mean())
    assert expected_failure_of_best(scores, fails, n) == pytest.approx(np.mean(chances))
    assert winner_weights(scores, n).sum() == pytest.approx(1)


@given(POOLS, st.integers(1, 6))
def test_to_stop_at_the_first_that_passes_is_the_mean_over_all_orders(pool, n):
    scores, fails = map(np.array, pool)
    n, accepted = min(n, len(scores)), scores < 0.3
    drawn, failed = [], []
    for order in map(list, itertools.permutations(range(len(scores)), n)):
        stop = next((j for j, i in enumerate(order) if accepted[i]), None)
        kept = [order[stop]] if stop is not None else order
        best = scores[kept] == scores[kept].min()
        drawn.append(n if stop is None else stop + 1)
        failed.append(fails[kept][best].mean())
    found = first_accepted(scores, accepted, fails, n)
    assert found == pytest.approx((np.mean(failed), np.mean(drawn)))


@given(st.integers(1, 9), st.data())
def test_all_fail_less_often_the_more_are_drawn(size, data):
    failed = np.array([data.draw(st.integers(0, size))])
    chances = [float(failures_of_all(failed, size, n)[0]) for n in range(1, size + 1)]
    assert chances[0] == pytest.approx(failed[0] / size)
    assert all(b <= a + 1e-12 for a, b in itertools.pairwise(chances))


@given(st.integers(1, 300), st.data())
def test_intervals_hold_their_rate_and_are_mirrored(n, data):
    k = data.draw(st.integers(0, n))
    for interval in (clopper_pearson, wilson, upper_bound, lower_bound):
        found = interval(k, n)
        assert 0 <= found.low <= found.rate + 1e-12
        assert found.rate - 1e-12 <= found.high <= 1
    one, other = clopper_pearson(k, n), clopper_pearson(n - k, n)
    assert one.low == pytest.approx(1 - other.high)


@given(st.lists(st.integers(0, 8), min_size=2, max_size=20))
def test_intervals_over_prompts_hold_their_mean_in_any_order(failed):
    for order in (failed, failed[::-1]):
        found = korn_graubard(np.array(order), 8)
        assert 0 <= found.low <= np.mean(failed) / 8 + 1e-12 <= found.high + 2e-12
    values = np.array(failed) / 8
    one, other = (
        bootstrap_mean(v, rng=np.random.default_rng(1), num_resamples=99)
        for v in (values, values[::-1])
    )
    assert one == other


@settings(max_examples=10)  # statsmodels collects garbage at every call
@given(st.lists(st.integers(0, 1000).map(lambda p: p / 1000), min_size=1, max_size=12))
def test_holms_correction_lowers_nothing_and_keeps_the_order(p_values):
    adjusted = holm(p_values).p_values
    assert all(p - 1e-12 <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= -1e-12).all()


# --- manifests -----------------------------------------------------------------------------------

CELLS = st.one_of(
    st.text(max_size=12), st.sampled_from(["a.wav", "../x.wav", "", "Hello.", "1e3", "|"])
)
COLUMNS = st.sampled_from(
    ["audio", "text", "spoken", "expected_s", "id", "system", "reference_audio", "x"]
)


def read(path):
    """Rows and bad rows, or None where the table is refused in one line."""
    try:
        return read_manifest(path)
    except InputError as error:
        line = str(error)
    assert "\n" not in line
    assert path.name in line
    return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("manifests")


@given(st.binary(max_size=200))
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_any_bytes_are_a_table_or_one_line(folder, suffix, data):
    path = folder / f"any{suffix}"
    path.write_bytes(data)
    read(path)


@given(st.lists(COLUMNS, max_size=5), st.lists(st.lists(CELLS, max_size=6), max_size=4))
def test_any_cells_are_rows_bad_rows_or_one_line(folder, header, rows):
    path = folder / "cells.csv"
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows([header, *rows])
    read(path)


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_subnormal=False),
        st.text(max_size=8),
    ),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(COLUMNS, part, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.one_of(JSON, st.dictionaries(COLUMNS, JSON, min_size=2)), min_size=1, max_size=4)
)
def test_any_json_lines_are_rows_bad_rows_or_one_line(folder, values):
    path = folder / "lines.jsonl"
    path.write_text("\n".join(map(json.dumps, values)))
    if found := read(path):
        rows, bad = found
        assert len({row.row for row in [*rows, *bad]}) == len(rows) + len(bad)


@given(
    st.dictionaries(COLUMNS, st.sampled_from([pa.int64(), pa.string(), pa.binary(), pa.bool_()]),
                    min_size=1)
)  # fmt: skip
def test_any_types_of_columns_are_rows_bad_rows_or_one_line(folder, types):
    path = folder / "types.parquet"
    values = {pa.int64(): [1], pa.string(): ["a"], pa.binary(): [b"\xff"], pa.bool_(): [True]}
    pq.write_table(pa.table({name: pa.array(values[t], t) for name, t in types.items()}), path)
    read(path)
