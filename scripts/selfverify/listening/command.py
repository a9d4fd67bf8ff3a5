"""The arguments of `selfverify listen`; nothing heavy is imported before they are understood."""

from pathlib import Path

from tyro.conf import Positional

# With six checks 20 minutes of one person's time at `building.SECONDS_PER_CLIP`; what so many find
# is in `table_listening_power`.
NUM_CLIPS = 54


def listen_build(
    verdicts: Positional[Path],
    *,
    out: Path,
    manifest: Path | None = None,
    second: Path | None = None,
    references: Path | None = None,
    pairs: tuple[str, str] | None = None,
    num_clips: int = NUM_CLIPS,
    title: str = "computer speech",
    seed: int = 1,
) -> None:
    """A listening test as one HTML file that needs no server and no network.

    Writes the page, and beside it PAGE.key.csv, which raters must not see and merging needs.

    Args:
        verdicts: what `selfverify score` wrote of a manifest.
        out: HTML file to write.
        manifest: whose folder the paths of audio are relative to; beside `verdicts` if not given.
        second: verdicts on the same manifest by another recogniser.
        references: table with the columns audio and text, of recordings known to be right: checks,
            as they are and broken on purpose. Without it clips that pass are broken, and no check
            has the answer yes.
        pairs: two systems to compare, blind, where both pass, instead of defects to label.
        num_clips: to draw, or pairs; the default fits into 20 minutes.
        title: shown to raters; it should not name systems.
        seed: of the draw.
    """
    from selfverify.listening.building import build_labelling, build_pairs, write_test
    from selfverify.listening.catch import checks_of_table
    from selfverify.listening.frame import frame_of_score

    frame = frame_of_score(verdicts, second, (manifest or verdicts).parent)
    checks = checks_of_table(frame, references)
    page, key = (
        build_pairs(frame, checks, pairs, num_clips, title, seed)
        if pairs
        else build_labelling(frame, checks, num_clips, title, seed)
    )
    write_test(page, key, out)
    num_checks = int((key["kind"] == "catch").to_numpy().sum())
    print(f"{out}: {len(key)} trials, {num_checks} of them checks; keep the key from raters")
    if not pairs and "yes" not in set(key["expected"]):
        print("no check has the answer yes: who always says no passes; give --references")


def listen_merge(key: Positional[Path], ratings: Positional[list[Path]], *, out: Path) -> None:
    """Raters' files into tables: agreement, the recognisers' accuracy, corrected failure rates.

    What does not fit the key is listed in refused.csv and on the screen; the rest is merged.

    Args:
        key: the .key.csv that the page was written with.
        ratings: files that raters exported.
        out: folder for the tables.
    """
    from selfverify.listening.merging import merge

    print(merge(key, ratings, out))
