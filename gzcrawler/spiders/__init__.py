"""The spider: response in, captured and read page out."""
