"""`python -m tests.docs`: writes the guide's tables anew."""

from tests.docs.tables import write

if __name__ == "__main__":
    write()
