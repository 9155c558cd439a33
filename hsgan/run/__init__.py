"""The run folder: what a training leaves on disk and the way back in, and where its numbers come from."""
