"""Who may do what, and what the server may reach by itself: keys, rates, listening addresses, URLs and folders."""
