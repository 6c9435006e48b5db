"""What a live repository of models does next: which versions are served, when files may be read, what is loaded."""
