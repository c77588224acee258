"""Importing sitecustomize.py is enough to cut a Python off, so pytest must not collect it."""

collect_ignore = ["sitecustomize.py"]
