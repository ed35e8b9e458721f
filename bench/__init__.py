"""The project's figures, each a ratio of two things measured in one run: `python -m bench`."""
