"""What Vedette keeps between two commands, as files that other tools can read."""
