"""The commands of siaga-cloud, each in a module of its own. The uppermost room: it may import all others."""
