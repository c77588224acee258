"""Platforms: how each of them lays out the archive that it hands out, one module a platform.

Each module has a `LAYOUT`. Sources: layouts as public parsers and documented donations of data
describe them (2024 to 2026); file by file in `tests/exports/catalogue.json`, with the standing of
each.
"""
