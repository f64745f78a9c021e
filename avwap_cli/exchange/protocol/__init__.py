"""Alpaca's protocols, without a socket: bytes in, bytes out."""
