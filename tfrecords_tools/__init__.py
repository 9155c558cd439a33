"""Programs that turn published data sets into folders of TFRecords."""
