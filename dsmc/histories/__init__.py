"""What clients of a system asked and got, and the deciders of what it promised them.

The same deciders judge the ghost histories of a model and the recorded logs of a real system.
"""
