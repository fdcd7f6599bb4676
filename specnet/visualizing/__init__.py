"""Views of a trained run: one file a kind, from a `Subject` to its `Picture`s."""
