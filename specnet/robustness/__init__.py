"""How a trained network stands what is done to its images: studies on arrays, nothing printed."""
