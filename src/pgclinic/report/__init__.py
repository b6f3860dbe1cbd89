"""One format a file: values in, text, JSON or HTML out. Pure: what is printed was decided elsewhere."""
