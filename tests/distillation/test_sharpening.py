"""How sharply a system chooses, and what lies below the line of cooling."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from scripts.comparison import plot_sharpening_line as script
from scripts.comparison.measure_entropy import measure_entropy
from scripts.sampling.sample_candidates import sample_candidates

from selfverify.distillation.comparison import Arm
from selfverify.distillation.sharpening import Point, below_line, equivalent_temperature, line_at
from selfverify.distillation.teacher_forcing import entropies, entropy_of, forced_logits
from selfverify.errors import InputError
from selfverify.pretraining.csm import csm_loss
from selfverify.prompts.mini import make_prompt_set
from selfverify.prompts.overlap import apart_from
from selfverify.results.judged_pools import JudgedPools
from selfverify.storage.tables import write_records
from selfverify.systems import load_system
from selfverify.systems.base import SamplingRequest, SamplingSettings, TrainingExample
from verdicts import write_verdicts

TEXTS = ["Emma saw a lamp.", "Two red hats and a green one."]
SAMPLING = SamplingSettings(0.8, 0.9, 0, 0.6)


def drawn(system, settings=SAMPLING):
    found = system.sample([SamplingRequest(text, 5) for text in TEXTS], settings)
    return [(system.prompt_ids(t), f.token_ids) for t, f in zip(TEXTS, found, strict=True)]


@pytest.mark.parametrize("adapter", ["llasa", "orpheus"])
def test_forced_logits_are_those_of_sampling(adapter, tiny_systems):
    """Padded in a batch they are what the model says of each sequence by itself."""
    system = load_system(adapter, tiny_systems[adapter])
    for (prompt, ids), logits in zip(
        drawn(system), forced_logits(system, drawn(system)), strict=True
    ):
        with torch.no_grad():
            whole = system.model(input_ids=torch.tensor([[*prompt, *ids]])).logits[0]
        expected = whole[len(prompt) - 1 : -1]
        torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-4)
        allowed = torch.softmax(logits / 0.8, dim=-1)[torch.arange(len(ids)), torch.tensor(ids)]
        assert (allowed > 0).all()


def test_forced_logits_of_a_csm_are_those_of_its_loss(tiny_systems):
    system = load_system("csm", tiny_systems["csm"])
    (prompt, ids), *_ = drawn(system, SamplingSettings(1.0, 1.0, 0, 0.6))
    (logits,) = forced_logits(system, [(prompt, ids)])
    losses = torch.nn.functional.cross_entropy(logits, torch.tensor(ids), reduction="none")
    first, rest = losses.view(-1, system.num_codebooks).split([1, system.num_codebooks - 1], dim=1)
    example = TrainingExample(prompt + ids, [-100] * len(prompt) + ids)
    with torch.no_grad():
        expected = csm_loss(system.model, [example])  # in bfloat16
    assert float(first.mean() + rest.mean()) == pytest.approx(float(expected), rel=0.02)


@pytest.mark.parametrize("adapter", ["llasa", "csm"])
def test_entropy_falls_with_temperature_and_nucleus(adapter, tiny_systems):
    system = load_system(adapter, tiny_systems[adapter])
    candidates = drawn(system)

    def mean(temperature, top_p=1.0, penalty=1.0):
        settings = SamplingSettings(temperature, top_p, 0, 0.6, penalty)
        found = list(entropies(system, candidates, settings))
        assert [len(values) for values in found] == [len(ids) for _, ids in candidates]
        return float(np.concatenate(found).mean())

    assert mean(1.0) > mean(0.8) > mean(0.5) > mean(0.3) > 0
    assert mean(1.0) > mean(1.0, top_p=0.5)
    if adapter == "csm":
        with pytest.raises(InputError, match="no entropy with repetition_penalty"):
            mean(1.0, penalty=1.1)
    else:
        assert mean(1.0, penalty=2.0) != mean(1.0)


def test_entropy_of_known_distributions():
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0], [5.0, -torch.inf, -torch.inf, -torch.inf]])
    assert entropy_of(logits).tolist() == pytest.approx([np.log(4), 0.0])


def point(entropy, rates, temperature=1.0, name="as is"):
    """A point whose prompts fail at `rates`, of ten candidates each."""
    fails = np.arange(10) < 10 * np.array(rates)[:, None]
    ids = tuple(f"u{i}" for i in range(len(rates)))
    pools = JudgedPools("s", "hard", ids, fails.astype(float), fails)
    return Point(Arm("s", name, "hard", (pools,)), temperature, entropy)


def test_what_is_sharper_and_fails_less_lies_below_the_line(rng):
    line = [point(3.0, [0.8] * 12, 1.0), point(2.0, [0.4] * 12, 0.5)]
    assert line_at(2.5, line) == pytest.approx([0.6] * 12)
    assert equivalent_temperature(2.25, line) == pytest.approx(0.625)
    on_line = below_line(point(2.5, [0.5, 0.7] * 6, name="sft"), line, rng)
    below = below_line(point(2.5, [0.1, 0.3] * 6, name="grpo"), line, rng)
    assert on_line.low < 0 < on_line.high
    assert below.mean == pytest.approx(0.4)
    assert below.low > 0
    assert line_at(1.9, line) is None
    assert below_line(point(3.1, [0.5] * 12), line, rng) is None
    assert np.isnan(equivalent_temperature(3.1, line))


HOLLOW = "hollow: at the matched temperature"
LONG_NAMES = [f"online-sft-from-cooler-gain-{number}" for number in range(3)]


def write_entropy(folder, arm, entropies):
    """Two candidates of each speaker of an arm; those on other prompts are never looked at."""
    rows = [
        {"speaker": name, "prompt_set": prompt_set, "entropy": value, "num_ids": size}
        for name, entropy in entropies.items()
        for prompt_set, value in (("hard", entropy), ("standard", 9.0))
        for size in (100, 300)
    ]
    path = folder / arm / "entropy.parquet"
    path.parent.mkdir()
    pd.DataFrame(rows).to_parquet(path)
    return path


def test_the_figure_shows_its_points(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(script, "save_figure", lambda figure, _: figures.append(figure))
    speakers = {  # entropy, rate, arm, temperature
        "s-at-1": (3.0, 0.6, "as is", 1.0),
        "s": (2.5, 0.45, "as is", 0.8),
        "s-cooler": (2.0, 0.3, "as is", 0.5),
        "s-sft-1": (2.2, 0.3, "sft", 0.8),
        "s-sft-2": (2.4, 0.3, "sft", 0.8),
        "s-sft-1-at-0.5": (2.1, 0.3, "sft", 0.5),
    }
    script.plot_sharpening_line(
        verdicts=[write_verdicts(tmp_path, name, rate) for name, (_, rate, *_) in speakers.items()],
        entropies=[
            write_entropy(tmp_path, arm, {n: e for n, (e, _, a, _) in speakers.items() if a == arm})
            for arm in ("as is", "sft")
        ],
        arms=[f"{name}=s={arm}" for name, (*_, arm, _) in speakers.items()],
        temperatures=[t for *_, t in speakers.values()],
        predicted=[1.0, 0.8, 0.5, 0.64, 0.64, 0.4],
        seed=1, csv=tmp_path / "t.csv", pdf=tmp_path / "t.pdf", png=tmp_path / "t.png",
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "t.csv").set_index(["arm", "temperature"])
    assert len(table) == 5  # seeds of an arm are one point
    assert table.loc[("sft", 0.8), "entropy"] == pytest.approx(2.3)
    assert table.loc[("sft", 0.8), "predicted_temperature"] == 0.64
    assert table.loc[("sft", 0.8), "is_own"]
    assert not table.loc[("sft", 0.5), "is_own"]
    assert table["is_own"].sum() == 2  # and the system itself, at no other temperature
    assert 0.5 < table.loc[("sft", 0.8), "equivalent_temperature"] < 0.8
    assert table["below_line"].isna().sum() == 3  # the line itself
    (axis,) = figures[0].axes
    low, high = axis.get_xlim()
    assert low < table["entropy"].min() <= table["entropy"].max() < high
    assert axis.get_ylim()[1] > table["rate"].max()
    assert key_labels(figures[0]) == ["as is, as it cools", "sft", HOLLOW]


def key_labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_key_is_no_wider_than_the_figure_and_has_no_more_than_is_drawn(tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(script, "save_figure", lambda figure, _: figures.append(figure))
    arms = {"s": "as is"} | {f"s-{arm}-1": arm for arm in LONG_NAMES}
    script.plot_sharpening_line(
        verdicts=[write_verdicts(tmp_path, name, 0.3) for name in arms],
        entropies=[
            write_entropy(tmp_path, arm, {name: 2.0 + number / 9})
            for number, (name, arm) in enumerate(arms.items())
        ],
        arms=[f"{name}=s={arm}" for name, arm in arms.items()],
        temperatures=[0.8] * len(arms), predicted=[0.8] * len(arms),
        seed=1, csv=tmp_path / "t.csv", pdf=tmp_path / "t.pdf", png=tmp_path / "t.png",
    )  # fmt: skip
    (figure,) = figures
    figure.draw_without_rendering()
    assert key_labels(figure) == ["as is, as it cools", *LONG_NAMES]
    assert figure.legends[0].get_window_extent().width <= figure.bbox.width


def test_entropy_is_measured_of_every_candidate(tiny_systems, tmp_path):
    utterances = make_prompt_set("standard", num_utterances=3, seed=1, conflict=apart_from())
    write_records(utterances, tmp_path / "prompts.parquet")
    system = {"adapter": "llasa", "dtype": "float32", "voice": "", "device": "cpu"}
    folder, prompts = str(tiny_systems["llasa"]), tmp_path / "prompts.parquet"
    files = [tmp_path / f"{name}/standard/{shard}.parquet" for name in "sc" for shard in range(2)]
    cool = dataclasses.replace(SAMPLING, temperature=0.4)
    for shard, path in enumerate(files):
        sample_candidates(
            **system, checkpoint=folder, prompts=prompts, system="s", shard=shard % 2, num_shards=2,
            sampling=SAMPLING if shard < 2 else cool, pool_size=2, base_seed=1, batch_size=4,
            output=path,
        )  # fmt: skip
    measure_entropy(
        **system, prompts=[prompts], candidates=files, speakers=["s", "c"], sampling=SAMPLING,
        checkpoints=[folder, folder], temperatures=[0.8, 0.4], output=tmp_path / "entropy.parquet",
    )  # fmt: skip
    table = pd.read_parquet(tmp_path / "entropy.parquet")
    assert table["speaker"].value_counts().to_dict() == {"s": 6, "c": 6}
    assert set(table["prompt_set"]) == {"standard"}
    assert table["entropy"].between(0, np.log(2000)).all()
    drawn = pd.concat(pd.read_parquet(path).assign(speaker=path.parts[-3]) for path in files)
    keys = ["speaker", "utterance_id", "candidate_index"]
    both = table.merge(drawn, on=keys, validate="one_to_one")
    assert both["num_ids"].tolist() == both["token_ids"].map(len).tolist()
    loaded = load_system("llasa", folder)
    text = next(u.text for u in utterances if u.utterance_id == both["utterance_id"][0])
    ids = (loaded.prompt_ids(text), list(both["token_ids"][0]))
    settings = cool if both["speaker"][0] == "c" else SAMPLING
    (values,) = entropies(loaded, [ids], settings)
    assert both["entropy"][0] == pytest.approx(values.mean(), rel=1e-4)
