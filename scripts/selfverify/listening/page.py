"""One page to hear how a system fails: clips with pictures, in a single HTML file."""

import base64
import io
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jinja2 import Environment
from scipy.signal import spectrogram

from selfverify.audio.samples import decode_flac
from selfverify.results.figure_style import FAILURE_MODES, STYLE
from selfverify.storage.records import FailureMode

NUM_EXAMPLES = 2  # per failure mode


@dataclass(frozen=True)
class Example:
    """A candidate that fails, and one of the same utterance that passes if there is any."""

    failing: dict
    passing: dict | None


def choose_examples(table: pd.DataFrame, mode: str) -> list[Example]:
    """Returns at most `NUM_EXAMPLES` candidates of a failure mode, of different utterances.

    Utterances with a candidate that passes come first, then the order of the table; nothing is
    chosen by ear.

    Args:
        table: of one system, a row per candidate with sound: verdicts and `audio`.
        mode: the failure mode.
    """
    passes = table["failure_mode"].isin([FailureMode.OK, FailureMode.MINOR])
    passing = pd.DataFrame(table[passes]).drop_duplicates("utterance_id")
    first = passing.set_index("utterance_id", drop=False)
    failing = pd.DataFrame(table[table["failure_mode"] == mode]).drop_duplicates("utterance_id")
    has_passing = failing["utterance_id"].isin(list(first.index))
    chosen = failing.assign(has_passing=has_passing).sort_values(
        "has_passing", ascending=False, kind="stable"
    )
    return [
        Example(row, first.loc[row["utterance_id"]].to_dict() if row["has_passing"] else None)
        for row in chosen.head(NUM_EXAMPLES).to_dict("records")
    ]


def listening_page(table: pd.DataFrame, system: str) -> str:
    """Returns an HTML page with examples of every failure mode that occurs and has sound.

    Args:
        table: as of `choose_examples`.
        system: its name, for the heading.
    """
    parts = [_part(table, mode) for mode in FAILURE_MODES if mode in set(table["failure_mode"])]
    return _PAGE.render(system=system, num_candidates=len(table), parts=parts)


def _part(table: pd.DataFrame, mode: str) -> dict[str, Any]:
    """What the page shows of a failure mode."""
    return {
        "title": FAILURE_MODES[mode]["label"],
        "count": int((table["failure_mode"] == mode).to_numpy().sum()),
        "examples": [
            {"text": x.failing["text"], "failing": _clip(x.failing), "passing": _clip(x.passing)}
            for x in choose_examples(table, mode)
        ],
    }


def _clip(row: dict | None) -> dict[str, str] | None:
    """What the page shows of a candidate."""
    if row is None:
        return None
    flac = row["audio"]["bytes"]
    return {
        "name": f"{row['utterance_id']}, candidate {row['candidate_index']}",
        "heard": row["hypothesis"],
        "seconds": f"{row['duration_s']:.1f}",
        "flac": base64.b64encode(flac).decode(),
        "png": base64.b64encode(_picture(*decode_flac(flac))).decode(),
    }


def _picture(audio: np.ndarray, sample_rate: int) -> bytes:
    """Waveform above spectrogram as PNG."""
    with plt.rc_context(STYLE):
        figure, (wave, spectrum) = plt.subplots(
            2, 1, figsize=(4.2, 1.9), sharex=True, height_ratios=[1, 2]
        )
        wave.plot(np.arange(len(audio)) / sample_rate, audio, color="#0072B2", linewidth=0.4)
        wave.set_ylim(-1, 1)
        wave.set_yticks([])
        padded = np.pad(audio, (0, max(0, 512 - len(audio))))
        hertz, seconds, power = spectrogram(padded, sample_rate, nperseg=512, noverlap=384)
        spectrum.pcolormesh(seconds, hertz, 10 * np.log10(power + 1e-11), cmap="magma")
        spectrum.set_yticks([0, 4000, 8000], ["0", "4", "8 kHz"])
        spectrum.set_xlim(0, len(padded) / sample_rate)
        spectrum.set_xlabel("s")
        spectrum.grid(visible=False)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
        plt.close(figure)
    return file.getvalue()


_PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>How {{ system }} fails</title>
<style>
  body { font: 15px/1.45 sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; }
  .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5em; }
  figure { margin: 0 0 1.5em; }
  img, audio { width: 100%; }
  .text { font-weight: 600; margin: 1.5em 0 .5em; }
  .none { color: #555; }
</style>
<h1>How {{ system }} fails</h1>
<p>{{ num_candidates }} candidates have sound. Of every failure mode the first examples, and beside
each a candidate of the same utterance that passes, if there is one.</p>
{% macro figure(label, clip) %}
<figure>
  <figcaption>{{ label }}: {{ clip.name }}, {{ clip.seconds }} s.
    Heard: “{{ clip.heard }}”</figcaption>
  <audio controls preload="none" src="data:audio/flac;base64,{{ clip.flac }}"></audio>
  <img alt="Waveform and spectrogram" src="data:image/png;base64,{{ clip.png }}">
</figure>
{% endmacro %}
{% for part in parts %}
<h2>{{ part.title }}, {{ part.count }} candidate{{ "" if part.count == 1 else "s" }}</h2>
{% for example in part.examples %}
<div class="text">{{ example.text }}</div>
<div class="pair">
{{ figure("Fails", example.failing) }}
{% if example.passing %}
{{ figure("Passes", example.passing) }}
{% else %}
<p class="none">No candidate of this utterance passes.</p>
{% endif %}
</div>
{% endfor %}
{% endfor %}
</html>
""")
