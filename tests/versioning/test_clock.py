"""A clock that was set back."""

import os
import time

from selfverify.versioning.clock import set_time, set_times_to_now

DAY_S = 86_400.0


def test_files_of_tomorrow_are_of_now_and_others_stay(tmp_path, capsys):
    old, late, link = tmp_path / "old", tmp_path / "a" / "late", tmp_path / "a" / "link"
    late.parent.mkdir()
    for path, ahead_s in ((old, -DAY_S), (late, DAY_S)):
        path.write_text("text")
        os.utime(path, (time.time() + ahead_s,) * 2)
    link.symlink_to(late)
    (tmp_path / "to nothing").symlink_to("nowhere")
    before = old.stat().st_mtime
    assert set_times_to_now(str(tmp_path)) == 2  # the link's target is late, too
    assert late.stat().st_mtime <= time.time()
    assert old.stat().st_mtime == before
    assert "dated after now" in capsys.readouterr().err
    assert set_times_to_now(str(tmp_path)) == 0
    assert capsys.readouterr().err == ""


def test_a_record_of_tomorrow_dates_no_file_after_now(tmp_path):
    path = tmp_path / "file"
    path.write_text("text")
    set_time(str(path), time.time() + DAY_S)
    assert path.stat().st_mtime <= time.time()
