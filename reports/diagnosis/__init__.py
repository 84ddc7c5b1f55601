"""What is broken, by what fell: a run is compared with what fell under each imitated fault."""
