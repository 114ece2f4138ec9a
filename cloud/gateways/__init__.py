"""What is known of gateways: what they sent and lost, their status, how fresh their readings are."""
