"""Files at the border of the package: photos in (`photos`), cubes out (`cubes`)."""
