"""Where a prompt names values, and where a brace belongs to code, maths or something else."""
