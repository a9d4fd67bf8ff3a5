"""Errors that a user can mend, told apart from bugs."""


class InputError(ValueError):
    """Something given to the program is wrong: names the file, key or utterance, and the cure.

    Scripts print its message alone; any other exception is a bug and keeps its traceback.
    """
