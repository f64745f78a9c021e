"""Pictures: charts laid out in pixels, for a painter that knows nothing of markets."""
