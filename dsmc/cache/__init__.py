"""What was found out before, kept in files of the user's: a check that changed nothing is no search."""
