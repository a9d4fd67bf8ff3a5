"""The arguments of `selfverify listen`; nothing heavy is imported before they are understood."""

from pathlib import Path

from tyro.conf import Positional

NUM_CLIPS = 54  # with six catch trials 20 minutes of one person's time (`building`)


def listen_build(
    verdicts: Positional[Path],
    *,
    out: Path,
    manifest: Path | None = None,
    second: Path | None = None,
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
        pairs: two systems to compare, blind, where both pass, instead of defects to label.
        num_clips: to draw, or pairs; the default fits into 20 minutes.
        title: shown to raters; it should not name systems.
        seed: of the draw.
    """
    from selfverify.listening.building import build_labelling, build_pairs, write_test
    from selfverify.listening.frame import frame_of_score

    frame = frame_of_score(verdicts, second, (manifest or verdicts).parent)
    page, key = (
        build_pairs(frame, pairs, num_clips, title, seed)
        if pairs
        else build_labelling(frame, num_clips, title, seed)
    )
    write_test(page, key, out)
    print(f"{out}: {len(key)} trials; keep the key from raters")


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
