"""Words to wire intents: normalised text, the codec, the grammar and the constrained decoder.

One definition of the prompt and of the intent JSON, used by generator, training and runtime alike.
"""
