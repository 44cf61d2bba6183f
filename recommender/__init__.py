"""The domain: catalogue, text, encoder, retrieval, qualification, ranking, explanation."""
