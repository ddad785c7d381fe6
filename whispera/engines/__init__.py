"""The language models that can be asked, one file each, behind the port in `nlu.decode`."""
