"""Pass, fail or not judged: what a verdict is worth where the recogniser itself is unsure.

Rules, and how they were examined: 3,072 clips of four systems by Whisper tiny.en and Moonshine
tiny. Low confidence says nothing against a failure: from a mean of -.2 down to below -1.5 nats a
token the other recogniser confirms 89 to 95 % of Whisper's. It does speak against a pass: of 89
passes below -1 the other one fails 39 %, of all others 9 %. So a failure is never excused for low
confidence, and a pass by Whisper below `MIN_LOGPROB`, its own limit for decoding again, is not
judged. With a second recogniser the two have to agree whether the clip fails, and that is all.
"""

from selfverify.storage.records import Verdict

PASS, FAIL, NOT_JUDGED = "pass", "fail", "not judged"
MIN_LOGPROB = -1.0  # nats a token; logprob_threshold of Whisper
WHISPERS = ("faster-whisper", "openai-whisper", "openvino-whisper")


def decide(
    verdict: Verdict, second: Verdict | None, *, recogniser: str, avg_logprob: float
) -> tuple[str, str]:
    """Returns the decision on a clip, and why it is not judged (empty if it is).

    Args:
        verdict: by the first recogniser.
        second: by another one, None if there is none.
        recogniser: the first one's adapter.
        avg_logprob: the first one's confidence.
    """
    if second is not None and verdict.is_catastrophic != second.is_catastrophic:
        return NOT_JUDGED, "the recognisers disagree"
    if verdict.is_catastrophic:
        return FAIL, ""
    if second is None and recogniser in WHISPERS and avg_logprob < MIN_LOGPROB:
        return NOT_JUDGED, "the recogniser is unsure of a transcript that fits"
    return PASS, ""
