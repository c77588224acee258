"""Before our JupyterLab saves a private notebook, it leaves the outputs out."""

import os
from importlib.util import find_spec

from ethics_lib.private_notebooks import HOOKED, before_saving

c = get_config()  # noqa: F821
c.ContentsManager.pre_save_hook = before_saving
# The kernels inherit it, and ethics_lib.private_notebooks looks for it. With jupyter-collaboration
# nothing is promised: it writes each change of a document, outputs too, into .jupyter_ystore.db.
if find_spec("jupyter_server_ydoc") or find_spec("jupyter_collaboration"):
    os.environ.pop(HOOKED, None)
else:
    os.environ[HOOKED] = "1"
