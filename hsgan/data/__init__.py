"""From folders of records to batches: the demo set, statistics of the cubes, the unpaired streams."""
