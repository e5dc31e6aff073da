"""What a run leaves behind: its tables, its manifest and its folder."""
