"""The verbs of `specnet`, one file each: read arguments, call one function, show what came back.

The only package that prints. Keras is imported inside the verbs that need it, so that help, lists
of recipes and every error in a recipe answer at once; and nothing at all is imported before signals
are heard.
"""


def main() -> None:
    """Runs the verb of the command line; every error ends in a message and an exit code."""
    from specnet.training import interruption

    interruption.listen()
    from specnet.cli.entry import run

    run()
