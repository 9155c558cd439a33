"""Everything around a trained model: methods side by side, their numbers, tables and pictures, cubes of photos."""
