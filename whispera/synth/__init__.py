"""Paraphrases written by a language model behind an OpenAI-compatible endpoint of the user's choice.

    request   what is asked: an action, its slots, some patterns, its neighbours
    endpoint  asking it, and what is sent where
    answer    reading what came back, whatever it looks like
    kept      answers that are there already, so that nothing is asked twice
    reviewed  the file in which a person decides
    overlay   what was accepted, as files of the user's configuration

Whether a paraphrase is one is judged by `generator.paraphrases`; `whispera.cli.synth` puts it all together.
Nothing of this is imported by a command that is typed or spoken.
"""
