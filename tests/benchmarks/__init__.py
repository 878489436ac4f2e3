"""Speed, measured as ratios in one run: machines are noisy, and absolute times say little."""
