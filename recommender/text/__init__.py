"""Text for searching: normalised, cut into tokens. The original always stays for display."""
