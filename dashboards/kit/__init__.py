"""What all dashboards are made of: words in two languages, queries, scales, panels, and the frame around them."""
