# The verbs of run.py under the names that make knows; run.py alone does as well.
PYTHON ?= python3

.PHONY: lab test lessons doctor pack build environment
lab test lessons doctor pack build environment:
	$(PYTHON) run.py $@
