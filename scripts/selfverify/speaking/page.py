"""A page to hear: texts as a single shot and verified, side by side, in one HTML file."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment

from selfverify.statistics.intervals import clopper_pearson
from selfverify.storage.records import Clip, FailureMode


@dataclass(frozen=True)
class Rendering:
    """A text spoken one way, by the evaluator's word."""

    clip: Clip
    heard: str
    failure_mode: FailureMode

    @property
    def fails(self) -> bool:
        """Whether it is a failure."""
        return self.failure_mode.is_catastrophic

    @property
    def flac(self) -> str:
        """Its samples, empty without any."""
        return base64.b64encode(self.clip.audio["bytes"]).decode() if self.clip.audio else ""


@dataclass(frozen=True)
class Pair:
    """A text, spoken both ways."""

    text: str
    category: str
    single: Rendering
    verified: Rendering
    num_segments: int
    num_draws: int
    is_accepted: bool  # whether the verifier accepts all that is kept


def speak_page(pairs: Sequence[Pair], heading: str) -> str:
    """Returns a page with every pair to hear, and how many of each kind fail.

    Args:
        pairs: in their order.
        heading: what spoke, and who listened.
    """
    single, verified = (count_failures(pairs, kind) for kind in ("single", "verified"))
    return _PAGE.render(heading=heading, pairs=pairs, single=single, verified=verified)


def count_failures(pairs: Sequence[Pair], kind: str) -> str:
    """Returns "k/n [low, high]", exact 95 %, of `single` or `verified`."""
    rate = clopper_pearson(sum(getattr(pair, kind).fails for pair in pairs), len(pairs))
    return f"{rate.k}/{rate.n} [{rate.low:.0%}, {rate.high:.0%}]"


_PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Single shot and verified</title>
<style>
  body { font: 15px/1.45 sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; }
  .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18em, 1fr)); gap: 1.5em; }
  figure { margin: 0 0 1.5em; }
  audio { width: 100%; }
  h2 { font-size: 1em; margin: 1.5em 0 .5em; }
  .fails { color: #a33c00; font-weight: 600; }
</style>
<h1>Single shot and verified</h1>
<p>{{ heading }}</p>
<p>Failures by the evaluator, exact 95 % intervals: single shot {{ single }}, verified
{{ verified }}. The texts are the first of the hard prompts; none was chosen.</p>
{% macro figure(label, one) %}
<figure>
  <figcaption>{{ label }}: <span class="{{ "fails" if one.fails else "passes" }}">
    {{ one.failure_mode.value | replace("_", " ") }}</span>. Heard: “{{ one.heard }}”</figcaption>
  {% if one.flac %}
  <audio controls preload="none" src="data:audio/flac;base64,{{ one.flac }}"></audio>
  {% endif %}
</figure>
{% endmacro %}
{% for pair in pairs %}
<h2>{{ loop.index }}. {{ pair.text }}</h2>
<div class="pair">
{{ figure("Single shot", pair.single) }}
{{ figure("Verified, " ~ pair.num_draws ~ " draws of " ~ pair.num_segments ~ " segments"
          ~ ("" if pair.is_accepted else ", never accepted"), pair.verified) }}
</div>
{% endfor %}
</html>
""")
