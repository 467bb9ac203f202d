"""What keys mean, in tables beside the parts of the app that carry them out."""
