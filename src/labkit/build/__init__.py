"""Makes the notebooks people open from the text authors write."""
