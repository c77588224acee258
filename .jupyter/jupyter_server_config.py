"""Before our JupyterLab saves a private notebook, it leaves the outputs out."""

import os

from ethics_lib.private_notebooks import HOOKED, before_saving

c = get_config()  # noqa: F821
c.ContentsManager.pre_save_hook = before_saving
os.environ[HOOKED] = "1"  # the kernels inherit it, and ethics_lib.private_notebooks looks for it
