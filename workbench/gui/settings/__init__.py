"""What a person sets once: theme, device, workspace; and what this machine offers."""
