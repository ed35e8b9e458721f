"""The project's figures, each a ratio of two things measured in one run: `python -m bench`."""

import sys
from pathlib import Path

# The servers that the tests start serve here too; they import each other as pytest lets them.
sys.path.append(str(Path(__file__).parent.parent / "tests"))
