"""The command `selfverify`: what it can do for audio and texts outside the study.

A command is a function whose module imports at its top no more than its signature needs, so that
`--help` is there at once; it imports the rest when it is called.
"""

import signal
import sys
import traceback

import tyro

from selfverify.doctor.command import doctor
from selfverify.errors import InputError
from selfverify.listening.command import listen_build, listen_merge
from selfverify.scoring.command import compare, score
from selfverify.speaking.command import speak
from selfverify.workflow.script import end_well

NO_ANSWER = 3  # exit status
COMMANDS = {
    "doctor": doctor,
    "score": score,
    "compare": compare,
    "speak": speak,
    "listen:build": listen_build,
    "listen:merge": listen_merge,
}


def main() -> None:
    """Runs the command that the command line names; an `InputError` ends in one line, status 1.

    Where status 1 is an answer, that of a gate, anything that keeps it from answering has status 3.
    """
    end_well()
    args = sys.argv[1:]
    if ":".join(args[:2]) in COMMANDS:  # `listen build` as well as `listen:build`
        args = [":".join(args[:2]), *args[2:]]
    is_gate = args[:1] == ["compare"] or any(
        a.replace("_", "-").startswith("--max-rate") for a in args
    )
    try:
        tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            args=args,
            prog="selfverify",
            description="Reliable text-to-speech by self-verification.",
        )
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(NO_ANSWER if is_gate else 1)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except Exception:
        if not is_gate:
            raise
        traceback.print_exc()
        sys.exit(NO_ANSWER)


if __name__ == "__main__":
    main()
