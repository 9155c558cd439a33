"""From folders of records to batches: the streams of all trainings, their crops, statistics of the cubes."""
