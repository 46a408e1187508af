"""What the program does; the front ends' only door."""
