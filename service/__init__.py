"""The faces: settings, command line, HTTP API and pages."""
