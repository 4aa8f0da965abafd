"""Kill the product everywhere, again and again, and count what is lost or comes twice."""
