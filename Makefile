# The verbs of run.py under the names that make knows; run.py alone does as well.
PYTHON ?= python3

.PHONY: lab test lessons effects doctor pack build environment bench
lab test lessons effects doctor pack build environment bench:
	$(PYTHON) run.py $@
