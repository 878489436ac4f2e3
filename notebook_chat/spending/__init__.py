"""What requests use and cost, and how much they may."""
