"""The dashboard: server-rendered pages and a JSON API of what other rooms found out. It judges nothing itself."""
