# The two commands that a fresh machine needs: `make all`, `make test`.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready-$(shell cksum envs/requirements.lock pyproject.toml | cksum | cut -d' ' -f1)

.PHONY: all quick hour ready validators test quick-test faults audit check format cluster vllm lock clean

all: $(READY)
	$(VENV)/bin/snakemake all

# A first figure in minutes: two systems, a few prompts; see params.quick.yaml.
quick: $(READY)
	$(VENV)/bin/snakemake all --configfile params.quick.yaml

# Four systems and distillation of one on fewer prompts, up to the paper; see params.hour.yaml.
hour: $(READY)
	$(VENV)/bin/snakemake all --configfile params.hour.yaml

ready: $(READY)

# Of Croissant and RO-Crate; tests that need them are skipped without.
validators: .venv-validators/.ready

.venv-validators/.ready: envs/validators.txt
	$(PYTHON) -m venv .venv-validators
	.venv-validators/bin/python -m pip install --quiet --requirement envs/validators.txt
	touch $@

test: $(READY)
	$(VENV)/bin/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup --no-loadscope-reorder --durations 40

# Pure code alone: no model speaks, no workflow runs.
quick-test: $(READY)
	$(VENV)/bin/python -m pytest -q -m "not workflow" tests/statistics tests/tables tests/verdicts tests/prompts tests/workflow/test_options.py tests/workflow/test_params.py tests/verification

# 50 kills, 25 full disks and 13 clocks set back in the middle of a small study: hours, on idle cores.
faults: $(READY)
	$(VENV)/bin/python -m pytest -q -s tests/trust/test_faults.py --kills 50

# Today's advisories from the registry; a list of them is checked by the tests, without a network.
audit: $(READY)
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install --quiet pip-audit
	$(VENV)-audit/bin/pip-audit --no-deps --disable-pip --strict --requirement envs/requirements.lock
	rm -r $(VENV)-audit

check: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/snakefmt --check Snakefile rules
	$(VENV)/bin/pyright
	$(VENV)/bin/snakemake --lint

format: $(READY)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/snakefmt Snakefile rules

# Exact versions, installed as they are listed: nothing is resolved, so nothing can drift. Compiled on all cores, where pip
# does it on one; a file or two of a package is for a newer Python and stays as it is.
$(READY): envs/requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "selfverify needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --no-compile --requirement envs/requirements.lock
	$(VENV)/bin/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	rm -f $(VENV)/.ready-*
	touch $@

# Snakemake's plugins for SLURM, Kubernetes, AWS Batch and S3.
cluster: $(READY)
	$(VENV)/bin/python -m pip install --quiet --no-deps --requirement envs/cluster.lock

# vLLM, for systems with `engine: vllm`: it pins another torch, so it has an environment of its own.
vllm:
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --requirement envs/vllm.txt

# Resolves envs/requirements.in anew; run it to update a version, then commit the lock.
lock:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --requirement envs/requirements.in
	$(VENV)-lock/bin/python -m pip freeze --all --exclude-editable | grep -v "^pip==" | sed 's/+cpu//' > envs/requirements.lock
	rm -r $(VENV)-lock

clean:
	rm -rf .snakemake logs
