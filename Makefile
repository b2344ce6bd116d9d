# The short way to each job; every target makes sure first that the checkout is set up.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

.DEFAULT_GOAL := help
.PHONY: help setup setup-test bench validate plan nodes report destroy cluster cluster-status cluster-validate acceptance cluster-logs cluster-ssh cluster-add cluster-remove cluster-down system test changed lint unit contract role ansible docs site requirements clean

help: ## Show this text
	@echo 'make TARGET [name=value ...]    Every name=value of what runs a playbook goes to Ansible.'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'Examples:'
	@echo '  make bench                               measure Ganesha for some minutes'
	@echo '  make bench system=samba effort=quick     another system, a better measurement'
	@echo '  make role ROLE=ganesha                   test one role'

setup: ## Install what a run needs into .venv, and a Docker engine if there is none
	@tools/setup

setup-test: ## Install what the tests need besides
	@tools/setup test

bench: setup ## Measure: system=ganesha effort=smoke unless given
	@.venv/bin/python tools/play.py bench.yml system effort

validate: ## Check what a system gets right: system=ganesha suite=fsx,pjdfstest unless given
	@tools/setup suites
	@.venv/bin/python tools/play.py validate.yml system effort

plan: setup ## Show what bench would measure, and for how long
	@.venv/bin/python tools/play.py bench.yml system effort plan_only=true

nodes: setup ## Make the nodes that bench would use, and leave them
	@.venv/bin/python tools/play.py playbooks/nodes.yml system effort

report: setup ## Report on a run again: run=NAME
	@.venv/bin/python tools/play.py playbooks/report.yml

destroy: setup ## Remove the nodes, their networks and volumes; results stay. Asks where there is a cluster
	@.venv/bin/python tools/play.py playbooks/destroy.yml

cluster: setup ## Bring up a cluster at two sites: system=cephfs topology=phase2 unless given
	@.venv/bin/python tools/play.py cluster.yml system=cephfs topology=phase2

cluster-status: setup ## Check the cluster: its services, and every mount
	@.venv/bin/python tools/play.py playbooks/cluster_status.yml

cluster-validate: setup ## Write and read through every mount of the cluster, byte for byte
	@.venv/bin/python tools/play.py playbooks/cluster_validate.yml

acceptance: setup ## Write the deployment checklist of the cluster, with its evidence, into results/acceptance
	@.venv/bin/python tools/play.py acceptance.yml

cluster-logs: setup ## Fetch the logs of the cluster into results/cluster-logs: node=NAME service_name=NAME since=-1h
	@.venv/bin/python tools/play.py playbooks/cluster_logs.yml

cluster-ssh: setup ## Log in to a node of the cluster: node=NAME; command='uptime' runs that and comes back
	@.venv/bin/python tools/ssh.py '$(subst ','\'',$(node))' '$(subst ','\'',$(command))'

cluster-add: setup ## Add a node to a group of the cluster: group=storage_a
	@.venv/bin/python tools/play.py playbooks/cluster_add.yml

cluster-remove: setup ## Remove a node from the cluster, its data kept on others: node=NAME
	@.venv/bin/python tools/play.py playbooks/cluster_remove.yml

cluster-down: setup ## Stop the nodes of the cluster; make cluster starts them again, with their data
	@.venv/bin/python tools/play.py playbooks/cluster_down.yml

system: setup ## Write a new system, role and profile, to begin with: name=NAME
	@.venv/bin/python tools/system.py '$(or $(name),$(error Which name? make system name=nas))'

test: setup-test ## Run every check; ends with the number of those that passed and failed
	@.venv/bin/python tools/check.py

changed: setup-test ## Run what has not passed here with the files as they are; SINCE=main: what differs from a commit
	@.venv/bin/python tools/check.py --changed $(if $(SINCE),--since '$(SINCE)')

lint: setup-test ## Run the linters only
	@.venv/bin/python tools/check.py lint

unit: setup-test ## Run the unit tests only
	@.venv/bin/python tools/check.py unit

contract: setup-test ## Hold one role to the contract of all roles, in seconds: ROLE=ganesha
	@.venv/bin/pytest -q tests/unit/test_role_contract.py -k '$(or $(ROLE),$(error Which role? make contract ROLE=ganesha))'

role: setup-test ## Test one role with molecule: ROLE=ganesha, on Debian 12 with SUITE=bookworm
	@NETFS_BENCH_SUITE=$(or $(SUITE),$(NETFS_BENCH_SUITE)) .venv/bin/python tools/check.py role:$(or $(ROLE),$(error Which role? make role ROLE=ganesha))

ansible: setup-test ## Check with another Ansible, NETFS_BENCH_ANSIBLE='ansible==14.5.0'
	@.venv/bin/python tools/check.py ansible

docs: setup-test ## Check the documentation of modules and roles, and that ansible-doc shows it
	@.venv/bin/python tools/check.py docs

site: setup-test ## Make the documentation site: .cache/site/index.html
	@.venv/bin/python tools/check.py site

requirements: setup-test ## Pin the newest packages that requirements*.in allow
	@for name in requirements requirements-setup requirements-test; do \
	  .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make requirements' \
	    "$$name.in" --output-file "$$name.txt" || exit; \
	done

clean: ## Remove .venv and caches; nodes and results stay
	rm -rf .venv .cache .ansible .mypy_cache .pytest_cache .ruff_cache
