"""What is wrong with a course folder or the machine it is on, and what to do about it."""
