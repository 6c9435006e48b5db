"""One technology a module. Two adapter packages never import each other; each implements a port of `flows`."""
