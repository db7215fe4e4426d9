"""The reference: generated Python on packed values."""
