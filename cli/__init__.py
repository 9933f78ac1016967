"""The administrators' face and the composition root: configuration, wiring, the signer's loop."""
