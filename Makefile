# make          installs what `./gateway.py` needs
# make try      the gateway between a private ejabberd and ngIRCd; CHECK=1: prove that it works and end
# make test     the whole suite, against real servers
# make check    what needs no server: style, types, layers
# make conformance  what XEP-0100 asks, on all servers and networks; writes docs/conformance.md
# make bench    what it can carry
# make catalogs what the code says, into gateway/locale; then fill in what is empty there
# make run      the gateway as gateway.yaml says
# make clean    forget everything that was made, but not var/: that is the gateway's own

PYTHON := .venv/bin/python

.PHONY: setup try test check conformance bench catalogs run clean

setup:
	@scripts/setup

try:
	@scripts/setup try
	@$(PYTHON) gateway.py try $(if $(CHECK),--check)

test:
	@scripts/setup tests
	$(PYTHON) -m tests

check:
	@scripts/setup
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy -p gateway -p networks
	$(PYTHON) -m pytest -q tests/test_layers.py

conformance:
	@scripts/setup tests
	$(PYTHON) -m tests.conformance --write docs/conformance.md

bench:
	@scripts/setup try
	$(PYTHON) -m benchmarks

catalogs:
	@scripts/setup
	$(PYTHON) -m gateway.i18n

run:
	@scripts/setup
	@$(PYTHON) gateway.py run

clean:
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .pytest_cache var/try
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
