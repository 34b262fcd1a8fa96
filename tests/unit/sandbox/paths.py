from pathlib import Path

SPECS = Path(__file__).parents[2] / "data" / "specs"
