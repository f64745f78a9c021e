"""Both websockets, without a socket: one object per connection, frames in and out."""
