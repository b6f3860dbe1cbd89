"""The only room that touches SQL text: quoting, parsing, fingerprints, shapes. Text in, values out; nothing runs."""
