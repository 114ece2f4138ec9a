"""Stories of the demo, which somebody at the console may begin; there are none in any other installation."""
