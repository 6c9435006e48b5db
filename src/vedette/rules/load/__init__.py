"""What is sent when: arrivals, the order of images, and the search for the highest rate."""
