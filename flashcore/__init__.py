"""flashcore: spaced-repetition flashcards by organ system, in the terminal."""
__version__ = "0.1.0"
