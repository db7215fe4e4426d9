"""What holds of whole runs, decided on a graph of numbers: nothing here knows what a state is."""
