"""Arguments of a rule as the command line of its script."""

import shlex

import pytest

from selfverify.workflow.options import as_options


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, []),
        ({"pool_size": 8}, ["--pool-size", "8"]),
        ({"best_of": [1, 2]}, ["--best-of", "1", "2"]),
        ({"evaluation": []}, ["--evaluation"]),
        ({"voice": ""}, ["--voice", ""]),
        ({"mirror": None}, []),
        ({"licence": "MIT (it's free)"}, ["--licence", "MIT (it's free)"]),
        ({"files": ["*.json"]}, ["--files", "*.json"]),
        (
            {"sampling": {"top_k": 0, "top_p": 1.0}},
            ["--sampling.top-k", "0", "--sampling.top-p", "1.0"],
        ),
    ],
)
def test_a_shell_reads_the_arguments_back(arguments, words):
    assert shlex.split(as_options(arguments)) == words


def test_arguments_keep_their_order():
    assert as_options({"b": 1, "a": 2}) == "--b 1 --a 2"
