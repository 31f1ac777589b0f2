"""The deployment's rehearsal: template.yaml in an AWS that somebody else wrote, with the real functions."""
