"""Pools: every utterance's candidates, drawn in batches across utterances."""

from collections.abc import Sequence

from selfverify.errors import InputError
from selfverify.sampling.seeds import candidate_seed
from selfverify.storage.records import Candidate, Utterance
from selfverify.systems.base import SampledCodes, SamplingRequest, SamplingSettings, TTSSystem
from selfverify.systems.checks import NoNumbers
from selfverify.systems.generation import refills_rows
from selfverify.workflow.progress import progress

BATCHES_AT_ONCE = 4  # where an ended row makes room for the next request


def check_texts(system: TTSSystem, utterances: Sequence[Utterance], source: str) -> None:
    """Returns silently if the system's tokenizer has all that the texts need.

    Raises:
        InputError: names `source`, the utterance and what is wrong with its text.
    """
    for utterance in utterances:
        try:
            system.prompt_ids(utterance.text)
        except InputError as error:
            raise InputError(f"{source}: {utterance.utterance_id}: {error}") from error


def draw_pools(
    system: TTSSystem,
    utterances: Sequence[Utterance],
    settings: SamplingSettings,
    *,
    name: str,
    identity: str,
    pool_size: int,
    base_seed: int,
    batch_size: int,
) -> list[Candidate]:
    """Returns `pool_size` candidates of every utterance, by utterance and index.

    A batch holds texts of similar length, so that few rows wait for the longest.

    Args:
        system: what samples.
        utterances: what is to be spoken.
        settings: of sampling.
        name: of the system, part of each candidate's seed.
        identity: hash of checkpoint and settings, kept with each candidate.
        pool_size: candidates per utterance.
        base_seed: of the study.
        batch_size: candidates sampled at once; a path that refills its rows is given several
            batches, and takes as many rows as suit it.

    Raises:
        InputError: names utterance, system and dtype if the model gives no numbers.
    """
    wanted = sorted(
        ((utterance, index) for index in range(pool_size) for utterance in utterances),
        key=lambda job: len(job[0].text),
    )
    candidates: list[Candidate] = []
    bar = progress(name=f"sample {name}", total=len(wanted), unit="cand")
    stride = batch_size * (BATCHES_AT_ONCE if refills_rows(system.model) else 1)
    for start in range(0, len(wanted), stride):
        batch = wanted[start : start + stride]
        requests = [
            SamplingRequest(u.text, candidate_seed(base_seed, name, u.utterance_id, index))
            for u, index in batch
        ]
        try:
            results = system.sample(requests, settings)
        except NoNumbers as error:
            raise InputError(f"{batch[error.row][0].utterance_id}: {error}") from None
        for (utterance, index), request, result in zip(batch, requests, results, strict=True):
            candidates.append(_candidate(utterance, index, request.seed, result, identity))
        bar.update(len(batch))
    bar.close()
    return sorted(candidates, key=lambda c: (c.utterance_id, c.candidate_index))


def _candidate(
    utterance: Utterance, index: int, seed: int, result: SampledCodes, identity: str
) -> Candidate:
    return Candidate(
        utterance_id=utterance.utterance_id,
        candidate_index=index,
        seed=seed,
        token_ids=result.token_ids,
        codes=result.codes.tolist(),
        stop_reason=result.stop_reason,
        num_frames=result.codes.shape[1],
        settings_hash=identity,
    )
