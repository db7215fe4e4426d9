"""Systems as formulas: what a solver can say of all states at once."""
