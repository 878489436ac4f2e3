"""The engine of the embedded model, and the having of its weights: what the provider `Local` stands on."""
