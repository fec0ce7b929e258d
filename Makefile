# Every command of the project. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
LOGS := build/logs

.PHONY: help demo test test-long tidy format format-check bench build image clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

demo: ## build Soteria and start it against a simulated cluster; SOTERIA_* variables are passed on
	@test/tools/install-packages demo
	@test/tools/build release soteria-demo
	@exec build/release/test/demo/soteria-demo

test: ## build everything and pass every test; TESTS=<regex> runs only those ctest tests
	@test/tools/install-packages test
	@test/tools/run-tests

test-long: ## the same tests with larger counts (hours)
	@test/tools/install-packages test
	@SOTERIA_TEST_LONG=1 test/tools/run-tests

build: ## build what ships: build/release/soteria
	@test/tools/install-packages demo
	@test/tools/build release soteria

image: ## the container image as one file, without a container engine: build/image/soteria.tar
	@test/tools/install-packages image
	@test/tools/build release soteria
	@image/make

tidy: ## clang-tidy over the whole tree
	@test/tools/install-packages test
	@test/tools/tidy --all

format: ## format the sources in place
	@test/tools/install-packages test
	@test/tools/format

format-check: ## say which sources are not formatted
	@test/tools/install-packages test
	@test/tools/format --check

bench: ## build the benchmarks and run them
	@test/tools/install-packages test
	@test/tools/build release
	@bench/run build/release

clean: ## remove what was built (the test cluster's program stays in its cache)
	@rm -rf build
