"""The use-cases: each a generator that yields Progress and returns a noun; shells drive and show them."""
