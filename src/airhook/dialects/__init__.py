"""How facts look on the wire: one package for each family of receivers (design D15)."""
