"""The command line: the typed command on its short way, and every other command through click."""
