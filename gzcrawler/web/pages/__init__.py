"""The pages: one module each, a function from a visit to its answer."""
