"""The bar cache on disk, and what goes with it: refused rows, unfinished downloads, export."""
