"""The roof: settings, schedule, jobs and the command line. Only here are settings read."""
