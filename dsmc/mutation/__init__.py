"""Would anybody notice? Small faults are put into a spec, one at a time, and its properties asked."""
