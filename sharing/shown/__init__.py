"""What pages and letters show of matches to one person, the same behind every door."""
