"""How sharing goes: indicators with their formulas, monthly reports, samples for an assessment by others."""
