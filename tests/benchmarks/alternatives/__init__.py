"""What else was tried for the encoder and the retrieval, measured on the development contracts."""
