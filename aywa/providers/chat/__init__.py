"""What all language models have in common, whoever runs them."""
