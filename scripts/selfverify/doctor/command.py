"""The arguments of `selfverify doctor`; nothing heavy is imported before they are understood."""

import json as json_format
import sys
from pathlib import Path

HERE, REPOSITORY = Path("params.yaml"), Path(__file__).parents[3]


def doctor(*, params: Path | None = None, json: bool = False, dependencies: bool = False) -> None:
    """What this machine can run: weights, licences, devices, and the time and space of each track.

    Looks and loads nothing; status 1 if the track of params.yaml cannot run here.

    Args:
        params: of the study; checkpoints are looked for in its folder. If not given, the one
            here, else the repository's.
        json: for programs instead of people.
        dependencies: instead of all that, licences and known weaknesses of the pinned packages, as
            docs/dependencies.md has them.
    """
    params = params or (HERE if HERE.exists() else REPOSITORY / HERE)
    if dependencies:
        from selfverify.doctor.dependencies import dependencies_page

        print(dependencies_page(params.parent), end="")
        return
    from selfverify.doctor.report import examine, in_plain_words
    from selfverify.workflow.params import check_params
    from selfverify.workflow.params_file import read_study

    values = read_study(params)
    check_params(values, str(params))
    report = examine(values, params.parent)
    print(json_format.dumps(report, indent=1) if json else in_plain_words(report))
    if not report["tracks"][values["track"]]["can_run"]:
        sys.exit(1)
