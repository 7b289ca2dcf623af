"""One model per file: step(), forward(), state_bytes()."""
