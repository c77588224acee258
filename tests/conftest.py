"""In CI a skipped test is a failed run: what is not tested there is tested nowhere."""

import os

# One thread a process: the tests run side by side, and so do the kernels that they start.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")


def _skipped(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    in_ci = os.environ.get("CI", "").lower() == "true"
    return reporter.stats.get("skipped", []) if reporter and in_ci else []


def pytest_sessionfinish(session):
    if _skipped(session.config) and session.exitstatus == 0:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter, config):
    if skipped := _skipped(config):
        terminalreporter.line(f"Skipped: {len(skipped)}. CI allows none.", red=True)
