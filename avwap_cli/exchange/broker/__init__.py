"""The broker's books: orders, positions, cash, and the matching of orders with prints."""
