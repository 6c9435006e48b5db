"""How values look outside: the shapes of JSON and CSV, decided here once for every sink and every transport."""
