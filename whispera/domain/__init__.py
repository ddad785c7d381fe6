"""The typed values that pass between the layers; standard library alone."""
