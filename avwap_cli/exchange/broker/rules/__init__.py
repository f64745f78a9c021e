"""What an order may ask for, what the account may do, and the words of each refusal."""
