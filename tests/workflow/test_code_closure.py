"""What a rule names as its code is what decides its output."""

import ast

import pytest

from selfverify.adapters import CODECS, RECOGNISERS, SYSTEMS
from selfverify.workflow.code_closure import SCRIPTS, _statements, code_files


def test_the_script_is_first_and_its_imports_follow():
    files = code_files("judge_candidates")
    assert files[0] == "scripts/verdicts/judge_candidates.py"
    assert "scripts/selfverify/metric/taxonomy.py" in files
    assert "scripts/selfverify/metric/__init__.py" in files
    assert files[1:] == sorted(files[1:])


def test_imports_of_imports_count():
    assert "scripts/selfverify/storage/records.py" in code_files(
        "tabulate_failures", "selfverify.audio.clips"
    )


def test_a_figure_does_not_depend_on_models_nor_a_sampler_on_figures():
    assert not any("systems" in file for file in code_files("plot_failure_by_n"))
    assert not any("figure" in file for file in code_files("sample_candidates"))


def test_an_adapter_is_code_of_those_who_load_it_alone():
    adapter = "scripts/selfverify/systems/llasa.py"
    assert adapter in code_files("sample_candidates", "selfverify.systems.llasa")
    assert adapter not in code_files("decode_audio", "selfverify.codecs.xcodec2")


def test_the_tables_of_names_are_nobodys_code_so_that_a_new_adapter_reruns_nothing():
    for script in ("sample_candidates", "decode_audio", "transcribe"):
        assert not any(file.endswith("adapters/__init__.py") for file in code_files(script))


@pytest.mark.parametrize("table", [SYSTEMS, CODECS, RECOGNISERS])
def test_every_table_names_modules_of_the_package(table):
    for target in table.values():
        module = SCRIPTS.joinpath(*target.partition(":")[0].split(".")).with_suffix(".py")
        assert module.exists()


def test_a_script_that_does_not_exist_is_named():
    with pytest.raises(FileNotFoundError, match=r"sing\.py"):
        code_files("sing")


def test_no_import_of_any_file_is_overlooked():
    kinds = (ast.Import, ast.ImportFrom)
    for path in SCRIPTS.rglob("*.py"):
        tree = ast.parse(path.read_text())
        seen = [node for node in _statements(tree) if isinstance(node, kinds)]
        assert set(seen) == {node for node in ast.walk(tree) if isinstance(node, kinds)}, path
