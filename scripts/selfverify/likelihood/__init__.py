"""What systems themselves make of their candidates, before anybody has heard them."""
