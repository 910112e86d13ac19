"""Leads a Python program to the emulator. Knows the emulator by its environment alone; needs Python 3.8 and nothing else."""
