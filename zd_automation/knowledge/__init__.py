"""Help-centre articles: where they come from, and how the right one is found."""
