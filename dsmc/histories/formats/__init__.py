"""The formats of recorded histories: what a file says, as histories."""
