"""For which constants does a property hold? Each combination is checked, and a condition found for all."""
