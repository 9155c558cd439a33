"""Quality of cubes and SRFs: pure functions (`quality`, `srf`) and the protocols built from them (`protocols`)."""
