"""TFRecord folders of cubes and photos: their keys (`schema`), their manifest, how they are written and read."""
