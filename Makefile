# Two commands matter: `make run` serves the demo, `make test` proves it. Every target first calls `make env`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PYTHON
# What was compiled once is kept: some hundred servers and workers are started below.
unexport PYTHONDONTWRITEBYTECODE

PY := .venv/bin/python
PYTEST := $(PY) -m pytest
# PulseAudio with a null sink: Firefox computes no sound at all on a machine without a sound card.
SYSTEM_PACKAGES := chromium:chromium firefox-esr:firefox-esr pulseaudio:pulseaudio tcpdump:tcpdump nft:nftables \
	ip:iproute2 unshare:util-linux turnserver:coturn
# A Python error hides its last line in a trace; none of these targets wants make's own noise on top.
MAKEFLAGS += --no-print-directory

.PHONY: help env run check format test test-long screenshots bench image-test fuzz soak lock node system clean

help:  ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

env:  ## make or refresh .venv from the hash-locked dependencies
	@deploy/env.sh

run: env  ## serve the demo practice at https://localhost:8443
	@exec .venv/bin/antechamber demo

check: env node  ## format, lint, types (Python and browser code) and the law of the rooms
	@deploy/check.sh

format: env  ## put the code into the house's format
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

# Most tests wait for most of their time and share the cores; those that are held to seconds come in pairs, or one after
# the other: so do those that change the machine's network.
test: env node system  ## everything, with small variants of the long tests
	@$(PYTEST) -q -n 3 --dist worksteal -m "not alone and not pair" $(ARGS)
	@$(PYTEST) -q -n 2 --dist worksteal -m pair $(ARGS)
	@$(PYTEST) -q -m alone $(ARGS)

test-long: env node system  ## everything, with the long variants (more than an hour)
	@$(PYTEST) -q -n 2 --dist worksteal -m "not alone and not pair" --long $(ARGS)
	@$(PYTEST) -q -m "alone or pair" --long $(ARGS)

screenshots: env node system  ## every page at 1280 and 390 px in both themes, into screenshots/
	@$(PY) -m tests.browser.screenshots

bench: env system  ## Admit to first remote frame; server CPU per forwarded packet
	@$(PY) -m tests.bench.first_frame
	@.venv/bin/antechamber bench media --visits 1,4 --seconds 5

fuzz: env node  ## every parser we own against mutations of real input, SECONDS=60 each (SEED=... repeats a run)
	@$(PY) -m tests.fuzz.run $(or $(SECONDS),60) $(SEED)

soak: env  ## eight visits for MINUTES=20: nothing may grow
	@$(PYTEST) -q tests/media/test_lasting.py --soak $(or $(MINUTES),20) -k soak $(ARGS)

image-test: env  ## build the image and serve the demo page from it as an ordinary user, read-only root
	@deploy/image-test.sh

lock: env  ## refresh both lock files to the newest versions (review the diff)
	@deploy/lock.sh

node:
	@deploy/node.sh

system:
	@deploy/tools.sh $(SYSTEM_PACKAGES)

clean:  ## remove what can be made again (never var/)
	rm -rf .venv .venv.lock node_modules .mypy_cache .ruff_cache .pytest_cache screenshots
