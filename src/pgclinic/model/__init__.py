"""The nouns: frozen values that every room exchanges. Nothing here connects, parses, decides or prints."""
