# Treeline's own commands. `make help` lists them.
#
# `make demo` and `make test` need Debian or Ubuntu, Swift 6.2 or later and the network once; they bring the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
# The folder of the demo's database.
DEMO ?= demo
# What `make test` says to the package manager beside, such as --traits MPI.
OPTIONS :=

packages := libopenblas-dev libsqlite3-dev zlib1g-dev
mpi_packages := libopenmpi-dev openmpi-bin
mpi: packages += $(mpi_packages)
test: packages += $(if $(findstring MPI,$(OPTIONS)),$(mpi_packages))
sources := Sources Tests Benchmarks
treeline := .build/release/treeline
installed := $(DESTDIR)$(PREFIX)
step := simulate --topology dgx-h100-16 --model paper-block --tokens 5.12M

.PHONY: help demo test build mpi lint benchmark install clean setup swift-version

help: ## list these commands
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1: \2/p' Makefile

demo: build ## simulate the paper's cluster, and show what to ask next
	@mkdir -p "$(DEMO)"
	@echo
	@echo '$$ $(treeline) $(step) --database $(DEMO)/treeline.sqlite'
	@$(treeline) $(step) --database "$(DEMO)/treeline.sqlite"
	@run=$$($(treeline) results sql --csv --database "$(DEMO)/treeline.sqlite" 'SELECT max(id) FROM run' | tail -n 1); \
	  printf '%s\n' '' \
	    'Why, and what if? Try:' \
	    "  $(treeline) explain $$run --database $(DEMO)/treeline.sqlite" \
	    '  $(treeline) $(step) --database $(DEMO)/treeline.sqlite --set links.ndr.bandwidth=800Gb/s' \
	    "  $(treeline) results compare $$run $$((run + 1)) --database $(DEMO)/treeline.sqlite" \
	    '  $(treeline) simulate --topology dgx-h100-16 --tokens 80k,640k,5.12M --gpus 8,32,128 --no-store' \
	    '  $(treeline) simulate --topology mi300x-8 --model llama-3.1-8b --tokens 640k --no-store' \
	    '  $(treeline) topology show dgx-h100-16' \
	    '  $(treeline) results sql "SELECT run_id, algorithm, provenance, microseconds FROM v_step_time" --database $(DEMO)/treeline.sqlite'

test: setup .build/python ## build and run every test
	$(SWIFT) build --build-tests $(OPTIONS)
	$(SWIFT) test $(OPTIONS)

# What rounding is compared with, bit for bit; without it that test says that it is skipped.
.build/python:
	@mkdir -p .build
	@python3 -m venv $@ && $@/bin/pip install -q ml_dtypes==0.6.0 \
	  || { rm -rf $@; echo 'make: no ml_dtypes to be had (python3-venv, pip): rounding will not be compared with it'; }

build: setup ## build the program, optimised, as .build/release/treeline
	$(SWIFT) build -c release --product treeline

mpi: setup ## build the program with Open MPI, optimised, as .build-mpi/release/treeline
	$(SWIFT) build -c release --traits MPI --scratch-path .build-mpi --product treeline

lint: swift-version ## check the layout of the sources
	$(SWIFT) format lint --strict --parallel -r $(sources)

benchmark: build ## measure against the goals; BENCHMARK=--write keeps the figures in Benchmarks/results.md
	python3 Benchmarks/run.py $(BENCHMARK)

install: build ## install the program, its presets and shell completions below PREFIX (/usr/local)
	install -d "$(installed)/bin" "$(installed)/share/treeline/Topologies/devices" \
	  "$(installed)/share/treeline/Experiments/models" "$(installed)/share/treeline/Experiments/scenarios" \
	  "$(installed)/share/treeline/Experiments/calibration" "$(installed)/share/treeline/Experiments/paper" \
	  "$(installed)/share/treeline/Kernels" \
	  "$(installed)/share/bash-completion/completions" \
	  "$(installed)/share/zsh/site-functions" "$(installed)/share/fish/vendor_completions.d"
	install -m 755 $(treeline) "$(installed)/bin/treeline"
	install -m 644 Topologies/*.yaml "$(installed)/share/treeline/Topologies"
	install -m 644 Topologies/devices/*.yaml "$(installed)/share/treeline/Topologies/devices"
	install -m 644 Experiments/models/*.yaml "$(installed)/share/treeline/Experiments/models"
	install -m 644 Experiments/scenarios/*.yaml "$(installed)/share/treeline/Experiments/scenarios"
	install -m 644 Experiments/calibration/*.yaml "$(installed)/share/treeline/Experiments/calibration"
	install -m 644 Experiments/paper/*.yaml "$(installed)/share/treeline/Experiments/paper"
	install -m 644 Sources/CUDABackend/Kernels/* "$(installed)/share/treeline/Kernels"
	$(treeline) --generate-completion-script bash > "$(installed)/share/bash-completion/completions/treeline"
	$(treeline) --generate-completion-script zsh > "$(installed)/share/zsh/site-functions/_treeline"
	$(treeline) --generate-completion-script fish > "$(installed)/share/fish/vendor_completions.d/treeline.fish"

clean: ## remove what was built, and the demo's database
	rm -rf .build .build-mpi demo

# Everything that a build needs and a fresh machine lacks. A source of packages that can't be reached need not be the
# one that holds them, so only the installation itself may fail.
setup: swift-version
	@command -v dpkg-query > /dev/null || { \
	  echo 'treeline: this is no Debian or Ubuntu; make sure that $(packages) or their like are installed' >&2; exit 0; }; \
	missing=(); \
	for package in $(packages); do \
	  [[ $$(dpkg-query -W -f='$${Status}' "$$package" 2>/dev/null || true) == 'install ok installed' ]] \
	    || missing+=("$$package"); \
	done; \
	(($${#missing[@]})) || exit 0; \
	as_root=(env DEBIAN_FRONTEND=noninteractive); \
	if [[ $$(id -u) != 0 ]]; then \
	  command -v sudo > /dev/null || { \
	    echo "treeline: needs $${missing[*]}; install them as root: apt-get install -y $${missing[*]}" >&2; exit 1; }; \
	  as_root=(sudo "$${as_root[@]}"); \
	fi; \
	echo "Installing $${missing[*]}"; \
	"$${as_root[@]}" apt-get update -qq || true; \
	"$${as_root[@]}" apt-get install -y -qq --no-install-recommends "$${missing[@]}"

# `swift --version` names the driver on standard error and the compiler on standard output.
swift-version:
	@command -v $(SWIFT) > /dev/null || { \
	  echo "treeline: no '$(SWIFT)' on the PATH; install Swift 6.2 or later: https://www.swift.org/install/linux" >&2; exit 1; }; \
	line=$$($(SWIFT) --version 2>/dev/null | grep -m 1 'Swift version' || true); \
	[[ "$$line" =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || { \
	  echo "treeline: '$(SWIFT) --version' names no version of Swift; 6.2 or later is needed" >&2; exit 1; }; \
	((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] >= 6002)) || { \
	  echo "treeline: found Swift $${BASH_REMATCH[1]}.$${BASH_REMATCH[2]}, needs 6.2 or later: https://www.swift.org/install/linux" >&2; exit 1; }
