"""What the doctor says of a study, for people and for programs."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from selfverify.doctor.estimate import Estimate, estimate_cpu, in_words
from selfverify.doctor.machine import Machine, inspect_machine
from selfverify.doctor.needs import look_at
from selfverify.doctor.recorded import RecordedRun, read_recorded_run


def examine(params: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Returns the machine and, by track, findings, whether it can run, and its estimate.

    Args:
        params: a checked params.yaml.
        folder: of the study, which its paths are relative to and whose disk counts.
    """
    machine = inspect_machine(folder)
    tracks = {
        name: _examine(name, track, machine, folder) for name, track in params["tracks"].items()
    }
    return {"machine": asdict(machine), "tracks": tracks}


def _examine(name: str, track: dict[str, Any], machine: Machine, folder: Path) -> dict[str, Any]:
    findings = look_at(track, machine, folder)
    estimate = estimate_cpu(track, machine.num_cores) if track["device"] == "cpu" else None
    recorded = read_recorded_run(folder / "data" / name / "provenance")
    return {
        "can_run": not any(finding.is_fatal for finding in findings),
        "findings": [asdict(finding) for finding in findings],
        "estimate": asdict(estimate) if estimate else None,
        "recorded": asdict(recorded) if recorded else None,
    }


def in_plain_words(report: dict[str, Any]) -> str:
    """Returns what `examine` found, a line a finding."""
    machine = report["machine"]
    gpus = ", ".join(gpu["name"] for gpu in machine["gpus"]) or "no GPU"
    lines = [
        f"This machine: {machine['num_cores']} cores, {machine['memory_gb']:.0f} GB of memory, "
        f"{machine['disk_free_gb']:.0f} GB of disk free, {gpus}."
    ]
    for name, track in report["tracks"].items():
        lines += ["", f"Track {name}: {'can run' if track['can_run'] else 'cannot run'} here."]
        lines += [_line(finding) for finding in track["findings"]]
        lines += _times(track["estimate"], track["recorded"])
    return "\n".join(lines)


def _line(finding: dict[str, Any]) -> str:
    cure = f": {finding['cure']}" if finding["cure"] else ""
    mark = "MISSING " if finding["is_fatal"] else ""
    return f"  {mark}{finding['about']}: {finding['says']}{cure}"


def _times(found: dict[str, Any] | None, recorded: dict[str, Any] | None) -> list[str]:
    """What a run will take, and how the estimate stands to the one that is recorded."""
    if found is None:
        return ["  time: `snakemake table_resources` computes what its GPU takes at least"]
    estimate = Estimate(**found)
    lines = [
        f"  time: about {in_words(estimate.wall_s)} for {estimate.num_candidates:,} candidates in "
        f"{estimate.num_jobs} jobs; disk: about {estimate.disk_gb:.1f} GB"
    ]
    if recorded:
        run = RecordedRun(**recorded)
        lines.append(
            f"  the recorded run: {run.num_jobs} jobs of {in_words(run.core_s)} together, in "
            f"{in_words(run.wall_s)}; estimated: {estimate.core_s / run.core_s:.2f} times that"
        )
    return lines
