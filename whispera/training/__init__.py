"""Making models: the base from its sources, adapters by LoRA, and the files the runtime loads."""

import os

# read when torch is imported: a thread that waits must not spin on a core another one needs
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
