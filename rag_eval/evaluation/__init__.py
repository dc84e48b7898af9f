"""An experiment resolved once, asked and scored, and what its journal adds up to."""
