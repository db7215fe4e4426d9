"""Text and syntax tree: the grammar, the parser, the formatter. Nothing here knows a type."""
