"""The papers' tables as suites of runs: trained with equal budgets, evaluated in one harness, reported side by side."""
