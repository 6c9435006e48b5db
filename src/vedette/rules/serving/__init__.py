"""What a server's configuration means: formats, units, precedence and contradictions. It reads no file."""
