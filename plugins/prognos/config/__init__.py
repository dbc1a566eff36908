"""Names that every other folder shares."""
