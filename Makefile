# Every target is a few lines; what needs more lives in scripts/.
.DEFAULT_GOAL := help
.PHONY: help build run test bench lint fmt cargo

# Where rustup puts cargo, for a shell that has not read its profile since.
export PATH := $(PATH):$(HOME)/.cargo/bin

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile

build: cargo ## Build everything (debug)
	cargo build --workspace --locked

run: cargo ## Start Watchword on this machine, with its data in data/
	@scripts/bridge.sh
	WATCHWORD_ALLOW_PRIVATE_TARGETS=$${WATCHWORD_ALLOW_PRIVATE_TARGETS:-true} \
	WATCHWORD_DATA_DIR=$${WATCHWORD_DATA_DIR:-data} \
	cargo run --locked -p watchword -- serve $(ARGS)

test: cargo ## Check format and lints, run every test, against real servers of what is checked
	scripts/test.sh

bench: cargo ## Measure a release build (ARGS="..." goes to the benchmark)
	scripts/bench.sh $(ARGS)

lint: cargo ## Check format, lints, licences and which crate may use what
	scripts/lint.sh
	scripts/deny.sh

fmt: cargo ## Format the code
	cargo fmt --all

cargo:
	@command -v cargo >/dev/null || { echo 'cargo was not found: install Rust from https://rustup.rs, then run this again' >&2; exit 1; }
