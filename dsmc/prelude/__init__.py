"""Files that are written in the language itself."""
