"""How the weights that come with the package are made: recipes, their fit, and what is measured for their cards."""
