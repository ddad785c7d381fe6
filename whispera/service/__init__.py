"""Having the daemon started at login: a systemd user unit, a launchd agent or a task of Windows."""
