"""Judged sets by name, through mteb, ir_datasets and Hugging Face datasets."""
