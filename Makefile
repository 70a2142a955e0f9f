# Every target sets up what it needs in .venv; none needs anything but git, make and a Python with pip and venv.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet install --no-compile

# Byte code is kept: without it, each process of a test compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# Each file of tests runs in one of two processes.
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help demo test cover counts planted spark mutants lint types types-mypy types-pyright docs page browser try-built-page wheel bench ratios javascript pagespeed growth machine fuzz tables clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /' | awk -F': ' '{printf "  make %-8s %s\n", $$1, $$2}'

# The environment remembers which Python it was made with, and is made again when another one is named. It gets a pip
# that knows dependency groups (25.1). Nothing is compiled beforehand: Python compiles what it imports.
$(VENV)/.python-$(notdir $(PYTHON)):
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not there; name another: make PYTHON=python3.12" >&2; exit 2; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) 'pip>=25.1'
	@touch $@

# One stamp for each dependency group; a group is installed again only when pyproject.toml changes.
$(VENV)/.installed-%: pyproject.toml | $(VENV)/.python-$(notdir $(PYTHON))
	@echo "installing orderrules and the dependency group '$*' into $(VENV) ..."
	@$(PIP) --editable '.[all]' --group $*
	@touch $@ $(patsubst %,$(VENV)/.installed-%,$(HOLDS_$*))

# The groups that a group includes are then installed as well.
HOLDS_dev := docs test

$(VENV)/.installed-cli: pyproject.toml | $(VENV)/.python-$(notdir $(PYTHON))
	@echo "installing orderrules[cli] into $(VENV) ..."
	@$(PIP) --editable '.[cli]'
	@touch $@

demo: $(VENV)/.installed-cli  ## decide an allowed and a refused update of real-shaped orders
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

test: $(VENV)/.installed-test  ## run the tests, two at a time, and compare their number with tests/counts.toml
	$(BIN)/python -m pytest $(PARALLEL) --counts

cover: $(VENV)/.installed-test  ## run the tests and show the branch coverage
	$(BIN)/python -m pytest $(PARALLEL) --cov

planted: $(VENV)/.installed-test  ## plant each mistake in the JavaScript, and write down which test vectors notice it
	$(BIN)/python -m tests.kit.planted_mistakes

counts: $(VENV)/.installed-test  ## run the tests and write their number down in tests/counts.toml
	$(BIN)/python -m pytest $(PARALLEL) --write-counts

spark: $(VENV)/.installed-spark  ## slow: run the guards on a Spark of this machine, which needs a Java of 17 or newer
	@command -v java >/dev/null || { echo "Spark needs a Java: install one, such as Debian's default-jre-headless" >&2; exit 2; }
	$(BIN)/python -m pytest -m spark tests/integrations/test_narwhals.py

WORKERS := 2

mutants: $(VENV)/.installed-mutants  ## slow: change the core in thousands of ways, or all in SAMPLE=200, and say which no test notices
	@rm -rf mutants && mkdir mutants && echo "*" >mutants/.gitignore
	$(BIN)/python -m tests.kit.mutants --workers $(WORKERS) $(if $(SAMPLE),--sample $(SAMPLE))

lint: $(VENV)/.installed-dev  ## look for mistakes and untidiness
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: types-mypy types-pyright  ## check the types, with mypy and with pyright

types-mypy: $(VENV)/.installed-dev
	$(BIN)/mypy

types-pyright: $(VENV)/.installed-dev
	$(BIN)/pyright --pythonpath $(BIN)/python

docs: $(VENV)/.installed-dev $(VENV)/npm/.installed  ## build the documentation into docs/_build, with the page "Try it"
	$(BIN)/sphinx-build --fail-on-warning --keep-going -q -b html docs docs/_build
	$(BIN)/python docs/try/assemble.py docs/_build/try $(VENV)/npm/node_modules
	@echo "docs/_build/index.html"

# What the page takes from npm. Without it there is no stamp, and the page is built without Python.
NPM := npm install --no-package-lock --no-audit --no-fund --silent --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=3000

$(VENV)/npm/.installed: docs/try/package.json | $(VENV)/.python-$(notdir $(PYTHON))
	@mkdir -p $(@D) && cp $< $(@D)
	@if command -v npm >/dev/null && $(NPM) --prefix $(@D); then touch $@; \
		else echo "npm is not there, or reaches nothing: the page is built without its Python"; fi

PORT := 8000

page: docs  ## serve the documentation with the page "Try it", at PORT=8000
	@echo "http://127.0.0.1:$(PORT)/try/"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory docs/_build $(PORT)

browser: docs  ## try the page in Chromium, which Debian has as chromium
	@$(MAKE) --no-print-directory try-built-page

try-built-page:
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m browser tests/page

wheel: $(VENV)/.installed-dev  ## build the wheel and the source archive into dist
	$(BIN)/python -m build --outdir dist .

tables: $(VENV)/.installed-test  ## draw the tables and diagrams in README and docs again from the rules
	$(BIN)/python -m tests.kit.draw_tables

bench: $(VENV)/.installed-bench  ## slow: time everything against what one would use instead; PARTS="reading many" for some of it
	PYTHONPATH=. $(BIN)/python benchmarks/run.py $(PARTS)

ratios: $(VENV)/.installed-bench  ## slow: time everything, and write the ratios down for README and docs
	PYTHONPATH=. $(BIN)/python benchmarks/run.py --write

javascript: $(VENV)/.installed-cli  ## slow: time the JavaScript package of Salla in node, and write the ratios down
	folder=$$(mktemp -d) && $(BIN)/orderrules export --platform salla --to js --out $$folder >/dev/null && \
		node benchmarks/javascript.mjs $$folder >benchmarks/javascript.json; rm -rf $$folder

pagespeed: docs  ## slow: time the page "Try it" in Chromium, and write down how fast and how large it is
	PYTHONPATH=. $(BIN)/python benchmarks/page.py >benchmarks/page.json

growth: $(VENV)/.installed-test  ## slow: time reading against the size of what is read
	$(BIN)/python benchmarks/growth.py

EXAMPLES := 2000

machine: $(VENV)/.installed-test  ## slow: catch the wrong servers of the tests, and walk two right ones, EXAMPLES=2000 each
	PYTHONPATH=. $(BIN)/python benchmarks/machine.py --examples $(EXAMPLES)

SECONDS := 60

fuzz: $(VENV)/.installed-fuzz  ## slow: read whatever a fuzzer thinks of, for SECONDS=60
	$(BIN)/python fuzz/read.py -max_total_time=$(SECONDS) -max_len=4096 -print_final_stats=1 -verbosity=0

clean:  ## remove what the other targets made
	rm -rf $(VENV) build dist mutants docs/_build .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
