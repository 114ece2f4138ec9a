"""Every command of siaga-cloud."""
