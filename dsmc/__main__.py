"""`python -m dsmc`"""

from dsmc.cli import entry

entry()
