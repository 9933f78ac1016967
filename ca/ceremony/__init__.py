"""Key ceremonies: the reviewed script, its steps, who confirms them, the transcript and the minutes."""
