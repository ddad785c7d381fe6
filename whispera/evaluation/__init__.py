"""Measuring understanding on files of utterances nobody trained on."""
