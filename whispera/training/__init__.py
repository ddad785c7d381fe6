"""Making models: the base from its sources, adapters by LoRA, and the files the runtime loads."""
