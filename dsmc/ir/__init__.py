"""The typed forms: types, expressions, statements, protocols and systems. Data only."""
