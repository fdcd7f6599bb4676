"""`python -m specnet`."""

from specnet.cli import main

if __name__ == "__main__":
    main()
